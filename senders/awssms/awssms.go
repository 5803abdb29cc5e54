package awssms

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sms "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"github.com/phoneauth/phoneauth"
)

// The names of the senders: Receipt.Sender and Delivery.Sender.
const (
	name       = "awssms"
	notifyName = "awssms-notify"
	voiceName  = "awssms-voice"
)

// Config is the configuration of a [Sender].
type Config struct {
	// AWS is the region and the credentials. Required.
	AWS AWS
	// From is the origination identity: a number, a sender id, a pool, or the ARN of one.
	// Required.
	From string
	// ConfigurationSet is the configuration set whose event destination reports what happened
	// to each message; see [Callbacks]. Empty means the default of the account.
	ConfigurationSet string
	// ProtectConfiguration is the id of the protect configuration, which limits countries.
	// Empty means the default of the account.
	ProtectConfiguration string
	// MaxPrice is the highest price of a part of a message in US dollars, such as "0.05".
	// Empty means no limit.
	MaxPrice string
	// CountryParameters are what countries require: IN_ENTITY_ID and IN_TEMPLATE_ID for India.
	// They are those of one registered text, so they need a sender for each purpose.
	CountryParameters map[string]string
	// Feedback has AWS keep score of the codes that people typed in: see [Sender.Verified].
	Feedback bool
}

// Sender sends texts by one origination identity. It is safe for concurrent use, and prints
// without its credentials.
type Sender struct {
	client *sms.Client
	config Config
}

var (
	_ phoneauth.SMSSender = (*Sender)(nil)
	_ phoneauth.Verifier  = (*Sender)(nil)
)

// New returns a Sender, or every fault of c at once. It does not connect.
func New(c Config) (*Sender, error) {
	faults := c.AWS.faults()
	if c.From == "" {
		faults = append(faults, "From is required")
	}
	if err := join("config", faults); err != nil {
		return nil, err
	}
	return &Sender{c.AWS.client(), c}, nil
}

// join returns the faults as one error.
func join(of string, faults []string) error {
	var all []error
	for _, fault := range faults {
		all = append(all, errors.New("awssms: "+of+": "+fault))
	}
	return errors.Join(all...)
}

// Send sends m.Body as it is given, within 10 s if ctx has no deadline. Receipt.ID is the
// MessageId of AWS. m.AttemptID travels in the context of the message, as "attempt". The
// message is not delivered after m.ExpiresAt. m.Channel is not looked at. The package
// documentation says which error is of what class.
func (s *Sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	in := &sms.SendTextMessageInput{
		DestinationPhoneNumber:       aws.String(m.To.E164()),
		OriginationIdentity:          aws.String(s.config.From),
		MessageBody:                  aws.String(string(m.Body)),
		MessageType:                  types.MessageTypeTransactional,
		ConfigurationSetName:         optional(s.config.ConfigurationSet),
		ProtectConfigurationId:       optional(s.config.ProtectConfiguration),
		MaxPrice:                     optional(s.config.MaxPrice),
		DestinationCountryParameters: s.config.CountryParameters,
		Context:                      tags(name, m),
		TimeToLive:                   timeToLive(m),
		MessageFeedbackEnabled:       feedback(s.config.Feedback),
	}
	var out *sms.SendTextMessageOutput
	err := call(ctx, func(ctx context.Context) (err error) {
		out, err = s.client.SendTextMessage(ctx, in)
		return err
	})
	if err != nil || out == nil {
		return phoneauth.Receipt{Sender: name}, err
	}
	return receipt(name, out.MessageId), nil
}

// Verified tells AWS that the code of a message was verified (PutMessageFeedback), if
// Config.Feedback is set. AWS counts it against fraud.
func (s *Sender) Verified(ctx context.Context, r phoneauth.Receipt) error {
	return verified(ctx, s.client, s.config.Feedback, r)
}

func verified(ctx context.Context, client *sms.Client, wanted bool, r phoneauth.Receipt) error {
	if !wanted || r.ID == "" {
		return nil
	}
	return call(ctx, func(ctx context.Context) error {
		_, err := client.PutMessageFeedback(ctx, &sms.PutMessageFeedbackInput{
			MessageId: aws.String(r.ID), MessageFeedbackStatus: types.MessageFeedbackStatusReceived,
		})
		return err
	})
}

// maxID is the longest id that is passed on; those of AWS have 36 characters.
const maxID = 128

func receipt(sender string, id *string) phoneauth.Receipt {
	r := phoneauth.Receipt{Sender: sender, ID: aws.ToString(id)}
	if len(r.ID) > maxID {
		r.ID = ""
	}
	return r
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func feedback(wanted bool) *bool {
	if !wanted {
		return nil
	}
	return aws.Bool(true)
}

// tags are the context of a message, which the events about it have too.
func tags(sender string, m phoneauth.Message) map[string]string {
	all := map[string]string{"sender": sender}
	if m.AttemptID != "" {
		all["attempt"] = m.AttemptID
	}
	return all
}

// AWS takes a time to live from 5 s to 72 h.
const (
	minLife = 5 * time.Second
	maxLife = 72 * time.Hour
)

// timeToLive returns the seconds until the code of m expires: a later text is worth nothing.
func timeToLive(m phoneauth.Message) *int32 {
	if m.ExpiresAt.IsZero() {
		return nil
	}
	life := min(max(time.Until(m.ExpiresAt), minLife), maxLife)
	return aws.Int32(int32(life / time.Second))
}

// String returns "awssms".
func (s *Sender) String() string { return name }

// GoString returns what String does.
func (s *Sender) GoString() string { return s.String() }

// LogValue returns what String does.
func (s *Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }
