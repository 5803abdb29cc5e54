package awssms

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sms "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"golang.org/x/text/language"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// NotifyConfig is the configuration of a [Notify].
type NotifyConfig struct {
	// AWS is the region and the credentials. Required.
	AWS AWS
	// NotifyConfiguration is the id or the ARN of the notify configuration, which chooses
	// where to send from. Required.
	NotifyConfiguration string
	// Templates are the templates of AWS that may be sent. At least one is required.
	Templates []Template
	// ConfigurationSet is the configuration set whose event destination reports what happened
	// to each message; see [Callbacks]. Empty means the default of the account.
	ConfigurationSet string
	// Feedback has AWS keep score of the codes that people typed in: see [Notify.Verified].
	Feedback bool
}

// Template is a template of AWS, for a purpose and a language.
type Template struct {
	// ID is the id of the template. Required.
	ID string
	// Purpose is what the template is for. Required.
	Purpose phoneauth.Purpose
	// Locale is the language of the template, as a language tag. Empty serves the languages that
	// no other template of the purpose has; without such a template, the first of the purpose
	// serves them.
	Locale string
	// Code is the name of the variable for the code. Required.
	Code string
	// Service is the name of the variable for Config.Name of the Service. Empty means that
	// the template has none.
	Service string
	// Details is the name of the variable for Message.Details. Messages with details are not
	// sent by a template without it.
	Details string
	// Fixed are further variables and their values.
	Fixed map[string]string
}

// Notify sends codes by templates of AWS, which needs no number and no registration of the
// host. It is safe for concurrent use, and prints without its credentials.
type Notify struct {
	client *sms.Client
	config NotifyConfig
	locale []language.Tag // of the templates
}

var (
	_ phoneauth.SMSSender = (*Notify)(nil)
	_ phoneauth.Supporter = (*Notify)(nil)
	_ phoneauth.Verifier  = (*Notify)(nil)
)

// NewNotify returns a Notify, or every fault of c at once. It does not connect.
func NewNotify(c NotifyConfig) (*Notify, error) {
	faults := c.AWS.faults()
	if c.NotifyConfiguration == "" {
		faults = append(faults, "NotifyConfiguration is required")
	}
	if len(c.Templates) == 0 {
		faults = append(faults, "Templates are required")
	}
	n := &Notify{config: c}
	n.config.Templates = slices.Clone(c.Templates)
	for i, t := range c.Templates {
		tag, err := language.Und, error(nil)
		if t.Locale != "" {
			tag, err = language.Parse(t.Locale)
		}
		switch {
		case t.ID == "" || t.Purpose == "" || t.Code == "":
			faults = append(faults, fmt.Sprintf("Templates[%d]: ID, Purpose and Code are required", i))
		case err != nil:
			faults = append(faults, fmt.Sprintf("Templates[%d].Locale is no language tag", i))
		}
		for j, other := range n.locale {
			if other == tag && c.Templates[j].Purpose == t.Purpose {
				faults = append(faults, fmt.Sprintf("Templates[%d] is the second of its Purpose and Locale", i))
			}
		}
		n.locale = append(n.locale, tag)
	}
	if err := join("notify: config", faults); err != nil {
		return nil, err
	}
	n.client = c.AWS.client()
	return n, nil
}

// choose returns the template for m: in the nearest language, else one without a Locale, else the
// first of the purpose.
func (n *Notify) choose(m phoneauth.Message) (*Template, bool) {
	var of []*Template
	var tags []language.Tag
	for i := range n.config.Templates {
		t := &n.config.Templates[i]
		if t.Purpose == m.Purpose && (m.Details == "" || t.Details != "") {
			of, tags = append(of, t), append(tags, n.locale[i])
		}
	}
	if len(of) == 0 || m.Code == "" {
		return nil, false
	}
	fallback := max(slices.Index(tags, language.Und), 0)
	wanted, err := language.Parse(m.Locale)
	if err != nil {
		return of[fallback], true
	}
	_, i, confidence := language.NewMatcher(tags).Match(wanted)
	if confidence == language.No {
		i = fallback
	}
	return of[i], true
}

// Supports reports whether there is a template for m: notices have none.
func (n *Notify) Supports(m phoneauth.Message) bool {
	_, ok := n.choose(m)
	return ok
}

// Send sends the template for m, within 10 s if ctx has no deadline. Receipt.ID is the
// MessageId of AWS. m.Body and m.Channel are not looked at. The package documentation says
// which error is of what class.
func (n *Notify) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	t, ok := n.choose(m)
	if !ok {
		return phoneauth.Receipt{Sender: notifyName}, httpsend.Unsupported()
	}
	in := &sms.SendNotifyTextMessageInput{
		DestinationPhoneNumber: aws.String(m.To.E164()),
		NotifyConfigurationId:  aws.String(n.config.NotifyConfiguration),
		TemplateId:             aws.String(t.ID),
		TemplateVariables:      t.variables(m),
		ConfigurationSetName:   optional(n.config.ConfigurationSet),
		Context:                tags(notifyName, m),
		TimeToLive:             timeToLive(m),
		MessageFeedbackEnabled: feedback(n.config.Feedback),
	}
	var out *sms.SendNotifyTextMessageOutput
	err := call(ctx, func(ctx context.Context) (err error) {
		out, err = n.client.SendNotifyTextMessage(ctx, in)
		return err
	})
	if err != nil || out == nil {
		return phoneauth.Receipt{Sender: notifyName}, err
	}
	return receipt(notifyName, out.MessageId), nil
}

func (t *Template) variables(m phoneauth.Message) map[string]string {
	all := map[string]string{}
	maps.Copy(all, t.Fixed)
	for variable, value := range map[string]string{t.Code: string(m.Code), t.Service: m.Service, t.Details: m.Details} {
		if variable != "" {
			all[variable] = value
		}
	}
	return all
}

// Verified tells AWS that the code of a message was verified; see [Sender.Verified].
func (n *Notify) Verified(ctx context.Context, r phoneauth.Receipt) error {
	return verified(ctx, n.client, n.config.Feedback, r)
}

// String returns "awssms-notify".
func (n *Notify) String() string { return notifyName }

// GoString returns what String does.
func (n *Notify) GoString() string { return n.String() }

// LogValue returns what String does.
func (n *Notify) LogValue() slog.Value { return slog.StringValue(n.String()) }
