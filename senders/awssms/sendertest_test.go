package awssms_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/awssms"
	"github.com/phoneauth/phoneauth/senders/internal/heard"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const (
	keyID  = "AKIDOFTHEACCOUNT0000"
	secret = "secret-of-the-account"
)

// where is an account at a provider at baseURL.
func where(baseURL string, client *http.Client) awssms.AWS {
	return awssms.AWS{
		Config: aws.Config{
			Region: "eu-west-1",
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, nil
			}),
		},
		BaseURL: baseURL, Client: client,
	}
}

// posted is what the requests of the three operations have.
type posted struct {
	DestinationPhoneNumber, OriginationIdentity, NotifyConfigurationId string
	MessageBody, MessageType, MessageBodyTextType, VoiceId, TemplateId string
	TemplateVariables, Context                                         map[string]string
	TimeToLive                                                         int
	MessageFeedbackEnabled                                             bool
}

// read reads a request for the operation, as AWS would.
func read(r *http.Request, operation string) (posted, error) {
	var got posted
	switch authorization := r.Header.Get("Authorization"); {
	case r.Method != http.MethodPost || r.URL.Path != "/":
		return got, errors.New("404")
	case r.Header.Get("X-Amz-Target") != "PinpointSMSVoiceV2."+operation:
		return got, fmt.Errorf("UnknownOperationException: %s", r.Header.Get("X-Amz-Target"))
	case !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 Credential="+keyID+"/") || !strings.Contains(authorization, "/eu-west-1/sms-voice/aws4_request"):
		return got, errors.New("UnrecognizedClientException")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	return got, d.Decode(&got)
}

func accepts(id string) sendertest.Answer {
	return sendertest.Answer{Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: `{"MessageId":"` + id + `"}`}
}

// exception is a refusal as AWS words them: it quotes the number.
func exception(status int, kind, reason string, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	fields := ""
	if reason != "" {
		fields = fmt.Sprintf(`,"Reason":%q`, reason)
	}
	a.Body = fmt.Sprintf(`{"__type":"com.amazonaws.sms.voice.v2#%s","Message":"+201061797840 …"%s}`, kind, fields)
	return a
}

// badNumber is a refusal of a field.
func badNumber(field string) sendertest.Answer {
	return sendertest.Answer{Status: 400, Body: `{"__type":"ValidationException","Message":"…","Reason":"INVALID_PARAMETER","Fields":[{"Name":"` + field + `","Message":"+201061797840 …"}]}`}
}

const none, sender, destination = phoneauth.SendFault(""), phoneauth.FaultSender, phoneauth.FaultDestination

var refusals = []sendertest.Refusal{
	{Name: "opted out", Answer: exception(400, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"), Class: phoneauth.Permanent, Fault: destination, Code: "DESTINATION_PHONE_NUMBER_OPTED_OUT"},
	{Name: "protected", Answer: exception(400, "ConflictException", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"), Class: phoneauth.Temporary, Fault: destination, Code: "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"},
	{Name: "a bad number", Answer: badNumber("DestinationPhoneNumber"), Class: phoneauth.Temporary, Fault: destination, Code: "INVALID_PARAMETER"},
	{Name: "another bad field", Answer: badNumber("MessageBody"), Class: phoneauth.Temporary, Fault: none, Code: "INVALID_PARAMETER"},
	{Name: "a conflict nobody knows", Answer: exception(400, "ConflictException", "SOMETHING_NEW"), Class: phoneauth.Temporary, Fault: none, Code: "SOMETHING_NEW"},
	{Name: "denied", Answer: exception(400, "AccessDeniedException", "ACCOUNT_DISABLED"), Class: phoneauth.Temporary, Fault: sender, Code: "ACCOUNT_DISABLED"},
	{Name: "denied by a policy", Answer: exception(400, "AccessDeniedException", ""), Class: phoneauth.Temporary, Fault: sender, Code: "AccessDeniedException"},
	{Name: "no such credentials", Answer: exception(400, "UnrecognizedClientException", ""), Class: phoneauth.Temporary, Fault: sender, Code: "UnrecognizedClientException"},
	{Name: "spent", Answer: exception(400, "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"), Class: phoneauth.Temporary, Fault: sender, Code: "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"},
	{Name: "too many calls to a number", Answer: exception(400, "ServiceQuotaExceededException", "DAILY_DESTINATION_CALL_LIMIT"), Class: phoneauth.Temporary, Fault: destination, Code: "DAILY_DESTINATION_CALL_LIMIT"},
	{Name: "too fast", Answer: exception(400, "ThrottlingException", "", "Retry-After", "3"), Class: phoneauth.Temporary, Fault: sender, Code: "ThrottlingException", RetryAfter: 3 * time.Second},
	{Name: "internal", Answer: exception(500, "InternalServerException", ""), Class: phoneauth.Ambiguous, Fault: sender, Code: "InternalServerException"},
	{Name: "a reason that is none", Answer: exception(400, "ConflictException", "+201061797840"), Class: phoneauth.Temporary, Fault: none, Code: "ConflictException"},
	{Name: "a name that is none", Answer: exception(400, "201061797840", ""), Class: phoneauth.Temporary, Fault: none, Code: "HTTP 400"},
}

var secrets = []string{secret}

func TestText(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return awssms.New(awssms.Config{AWS: where(baseURL, client), From: "Acme", Feedback: true})
		},
		Secrets: secrets,
		Read: func(r *http.Request) (to, body string, err error) {
			p, err := read(r, "SendTextMessage")
			if err == nil && (!p.MessageFeedbackEnabled || p.OriginationIdentity != "Acme" || p.MessageType != "TRANSACTIONAL" || p.Context["sender"] != "awssms") {
				err = errors.New("400")
			}
			return p.DestinationPhoneNumber, p.MessageBody, err
		},
		Accepts:  accepts,
		Refusals: refusals,
	})
}

// template has variables of all kinds.
func template(id string, purpose phoneauth.Purpose, locale, details string) awssms.Template {
	return awssms.Template{ID: id, Purpose: purpose, Locale: locale, Code: "code", Service: "brand", Details: details, Fixed: map[string]string{"minutes": "5"}}
}

func notifyConfig(baseURL string, client *http.Client) awssms.NotifyConfig {
	return awssms.NotifyConfig{AWS: where(baseURL, client), NotifyConfiguration: "nc-1", Templates: []awssms.Template{
		template("sign-in-en", phoneauth.PurposeSignIn, "en", ""),
		template("sign-in-pt", phoneauth.PurposeSignIn, "pt", ""),
		template("reset", phoneauth.PurposePasswordReset, "", ""),
		template("transfer", "transfer", "en", "what"),
	}}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return awssms.NewNotify(notifyConfig(baseURL, client))
		},
		Secrets: secrets,
		Read: func(r *http.Request) (to, body string, err error) {
			p, err := read(r, "SendNotifyTextMessage")
			if err == nil && (p.NotifyConfigurationId != "nc-1" || p.TemplateVariables["minutes"] != "5" || p.Context["sender"] != "awssms-notify") {
				err = errors.New("400")
			}
			v := p.TemplateVariables
			return p.DestinationPhoneNumber, p.TemplateId + "|" + v["code"] + "|" + v["brand"] + "|" + v["what"], err
		},
		Wants: func(m phoneauth.Message) string {
			id := map[phoneauth.Purpose]string{phoneauth.PurposeSignIn: "sign-in-en", phoneauth.PurposePasswordReset: "reset", "transfer": "transfer"}[m.Purpose]
			if id == "" || m.Code == "" {
				return ""
			}
			if m.Locale == "pt-BR" {
				id = "sign-in-pt"
			}
			return id + "|" + string(m.Code) + "|" + m.Service + "|" + m.Details
		},
		Accepts:  accepts,
		Refusals: refusals,
	})
}

func TestVoice(t *testing.T) {
	t.Parallel()
	voices := map[string]string{"en-GB": "AMY", "pt-BR": "CAMILA", "ar-EG": "ZEINA", "zh-Hant-TW": "ZHIYU"}
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return awssms.NewVoice(awssms.VoiceConfig{AWS: where(baseURL, client), From: "+14155552345"})
		},
		Secrets: secrets,
		Read: func(r *http.Request) (to, body string, err error) {
			p, err := read(r, "SendVoiceMessage")
			if err == nil && (p.OriginationIdentity != "+14155552345" || p.MessageBodyTextType != "SSML" || p.Context["sender"] != "awssms-voice") {
				err = errors.New("400")
			}
			if err != nil {
				return "", "", err
			}
			what, err := told(p.MessageBody)
			return p.DestinationPhoneNumber, p.VoiceId + "|" + what, err
		},
		Wants: func(m phoneauth.Message) string {
			if m.Code == "" {
				return ""
			}
			voice := voices[m.Locale]
			if voice == "" {
				voice = "JOANNA"
			}
			all := []string{voice}
			if m.Details != "" {
				all = append(all, m.Details)
			}
			return strings.Join(append(all, string(m.Code), string(m.Code)), "|")
		},
		Accepts:  accepts,
		Refusals: refusals,
	})
}

// told returns the digits of each time, and what is approved, which is said in English.
func told(ssml string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(ssml))
	var all []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return strings.Join(all, "|"), nil
		}
		if err != nil {
			return "", err
		}
		text, ok := token.(xml.CharData)
		if !ok {
			continue
		}
		if what := heard.Part(string(text)); what != "" {
			all = append(all, what)
		}
	}
}
