package awssms

import (
	"context"
	"encoding/xml"
	"log/slog"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sms "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
	"github.com/phoneauth/phoneauth/senders/spoken"
)

// VoiceConfig is the configuration of a [Voice].
type VoiceConfig struct {
	// AWS is the region and the credentials. Required.
	AWS AWS
	// From is the origination identity: a number that can call, a pool, or the ARN of one.
	// Required.
	From string
	// Phrases are further languages of the calls, or other words for those of
	// [spoken.Phrases], by language tag. Nil means those.
	Phrases map[string]spoken.Phrase
	// ConfigurationSet is the configuration set whose event destination reports what happened
	// to each call; see [Callbacks]. Empty means the default of the account.
	ConfigurationSet string
	// ProtectConfiguration is the id of the protect configuration, which limits countries.
	// Empty means the default of the account.
	ProtectConfiguration string
	// MaxPricePerMinute is the highest price in US dollars, such as "0.20". Empty means no
	// limit.
	MaxPricePerMinute string
	// Feedback has AWS keep score of the codes that people typed in: see [Voice.Verified].
	Feedback bool
}

// Voice calls people and says their code, digit by digit, twice, in their language if AWS has
// a voice for it. It is safe for concurrent use, and prints without its credentials.
type Voice struct {
	client  *sms.Client
	config  VoiceConfig
	speaker *spoken.Speaker
}

var (
	_ phoneauth.SMSSender = (*Voice)(nil)
	_ phoneauth.Supporter = (*Voice)(nil)
	_ phoneauth.Verifier  = (*Voice)(nil)
)

// voices are the voices of the service, by their language; there is none for Hindi
// (https://docs.aws.amazon.com/polly/latest/dg/available-voices.html).
var voices = []struct {
	language string
	id       types.VoiceId
}{
	{"en-US", types.VoiceIdJoanna}, {"en-GB", types.VoiceIdAmy}, {"en-AU", types.VoiceIdNicole}, {"en-IN", types.VoiceIdRaveena},
	{"fr-FR", types.VoiceIdLea}, {"fr-CA", types.VoiceIdChantal}, {"es-ES", types.VoiceIdLucia}, {"es-MX", types.VoiceIdMia},
	{"es-US", types.VoiceIdLupe}, {"pt-BR", types.VoiceIdCamila}, {"pt-PT", types.VoiceIdInes}, {"de-DE", types.VoiceIdVicki},
	{"it-IT", types.VoiceIdBianca}, {"ar", types.VoiceIdZeina}, {"da-DK", types.VoiceIdNaja}, {"is-IS", types.VoiceIdDora},
	{"ja-JP", types.VoiceIdMizuki}, {"ko-KR", types.VoiceIdSeoyeon}, {"nb-NO", types.VoiceIdLiv}, {"nl-NL", types.VoiceIdLotte},
	{"pl-PL", types.VoiceIdEwa}, {"ro-RO", types.VoiceIdCarmen}, {"ru-RU", types.VoiceIdTatyana}, {"sv-SE", types.VoiceIdAstrid},
	{"tr-TR", types.VoiceIdFiliz}, {"zh-CN", types.VoiceIdZhiyu},
}

// NewVoice returns a Voice, or every fault of c at once. It does not connect.
func NewVoice(c VoiceConfig) (*Voice, error) {
	faults := c.AWS.faults()
	if c.From == "" {
		faults = append(faults, "From is required")
	}
	var languages []string
	for _, v := range voices {
		languages = append(languages, v.language)
	}
	speaker, err := spoken.New(c.Phrases, languages...)
	if err != nil {
		faults = append(faults, err.Error())
	}
	if err := join("voice: config", faults); err != nil {
		return nil, err
	}
	return &Voice{c.AWS.client(), c, speaker}, nil
}

// maxSSML is how many characters AWS takes.
const maxSSML = 6000

// Supports reports whether m can be said: it has a code, and so is no notice, and its words
// are not too long.
func (v *Voice) Supports(m phoneauth.Message) bool {
	return v.speaker.Supports(m) && len([]rune(ssml(v.speaker.Call(m)))) <= maxSSML
}

// Send calls m.To, within 10 s if ctx has no deadline: it returns when AWS has accepted the
// call, and does not wait for an answer. Receipt.ID is the MessageId of AWS. m.Body and
// m.Channel are not looked at. The package documentation says which error is of what class.
func (v *Voice) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if !v.Supports(m) {
		return phoneauth.Receipt{Sender: voiceName}, httpsend.Unsupported()
	}
	words := v.speaker.Call(m)
	in := &sms.SendVoiceMessageInput{
		DestinationPhoneNumber: aws.String(m.To.E164()),
		OriginationIdentity:    aws.String(v.config.From),
		MessageBody:            aws.String(ssml(words)),
		MessageBodyTextType:    types.VoiceMessageBodyTextTypeSsml,
		VoiceId:                voiceID(words.Voice),
		ConfigurationSetName:   optional(v.config.ConfigurationSet),
		ProtectConfigurationId: optional(v.config.ProtectConfiguration),
		MaxPricePerMinute:      optional(v.config.MaxPricePerMinute),
		Context:                tags(voiceName, m),
		TimeToLive:             timeToLive(m),
		MessageFeedbackEnabled: feedback(v.config.Feedback),
	}
	var out *sms.SendVoiceMessageOutput
	err := call(ctx, func(ctx context.Context) (err error) {
		out, err = v.client.SendVoiceMessage(ctx, in)
		return err
	})
	if err != nil || out == nil {
		return phoneauth.Receipt{Sender: voiceName}, err
	}
	return receipt(voiceName, out.MessageId), nil
}

func voiceID(language string) types.VoiceId {
	for _, v := range voices {
		if v.language == language {
			return v.id
		}
	}
	return voices[0].id
}

// ssml writes a call: each part, with a pause before it.
func ssml(c spoken.Call) string {
	var b strings.Builder
	b.WriteString("<speak>")
	for _, part := range c.Parts {
		b.WriteString(`<break time="1s"/>`)
		_ = xml.EscapeText(&b, []byte(part)) // a strings.Builder has no errors
	}
	b.WriteString("</speak>")
	return b.String()
}

// Verified tells AWS that the code of a call was verified; see [Sender.Verified].
func (v *Voice) Verified(ctx context.Context, r phoneauth.Receipt) error {
	return verified(ctx, v.client, v.config.Feedback, r)
}

// String returns "awssms-voice".
func (v *Voice) String() string { return voiceName }

// GoString returns what String does.
func (v *Voice) GoString() string { return v.String() }

// LogValue returns what String does.
func (v *Voice) LogValue() slog.Value { return slog.StringValue(v.String()) }
