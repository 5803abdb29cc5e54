package aliyun_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

const (
	keyID  = "LTAI5tExampleExampleExample"
	secret = "secret-of-the-access-key"
)

func config(baseURL string, client *http.Client) aliyun.Config {
	return aliyun.Config{
		AccessKeyID: keyID, AccessKeySecret: secret, SignName: "阿里云", BaseURL: baseURL, Client: client,
		Templates: []aliyun.Template{
			{Purpose: phoneauth.PurposeSignIn, Locale: "zh", Code: "SMS_1", Variables: map[string]string{"code": "{code}"}},
			{Purpose: phoneauth.PurposeSignIn, Locale: "en", Code: "SMS_2", Variables: map[string]string{"code": "{code}", "product": "{service}"}},
			{Purpose: "transfer", Code: "SMS_3", Variables: map[string]string{"code": "{code}", "what": "{details}"}},
			{Purpose: phoneauth.NoticePasswordChanged, Code: "SMS_4"},
		},
	}
}

// wants is what config has for m.
func wants(m phoneauth.Message) string {
	signIn := m.Purpose == phoneauth.PurposeSignIn && m.Code != "" && m.Details == ""
	switch {
	case len(m.Code) > 6:
	case signIn && (strings.HasPrefix(m.Locale, "en") || m.Locale == "tlh"): // nearest by CLDR
		return "SMS_2 " + string(m.Code) + " "
	case signIn:
		return "SMS_1 " + string(m.Code) + " "
	case m.Purpose == "transfer" && m.Code != "" && m.Details != "":
		return "SMS_3 " + string(m.Code) + " " + m.Details
	case m.Purpose == phoneauth.NoticePasswordChanged:
		return "SMS_4  "
	}
	return ""
}

// signed reports whether r is signed as Alibaba Cloud's documentation says, now.
func signed(r *http.Request) bool {
	at, err := time.Parse(time.RFC3339, r.Header.Get("x-acs-date"))
	if err != nil || time.Since(at).Abs() > 15*time.Minute || r.Header.Get("x-acs-signature-nonce") == "" {
		return false
	}
	const names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
	var canonical strings.Builder
	canonical.WriteString("POST\n/\n" + r.URL.RawQuery + "\nhost:" + r.Host + "\n")
	for _, name := range strings.Split(names, ";")[1:] {
		canonical.WriteString(name + ":" + r.Header.Get(name) + "\n")
	}
	canonical.WriteString("\n" + names + "\n" + r.Header.Get("x-acs-content-sha256"))
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "ACS3-HMAC-SHA256\n%x", sha256.Sum256([]byte(canonical.String())))
	return r.Header.Get("Authorization") == fmt.Sprintf("ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%x", keyID, names, mac.Sum(nil))
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return aliyun.New(config(baseURL, client))
		},
		Secrets: []string{secret},
		MaxCode: 6,
		Read: func(r *http.Request) (to, body string, err error) {
			q := r.URL.Query()
			switch {
			case r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("x-acs-action") != "SendSms" || r.Header.Get("x-acs-version") != "2017-05-25":
				return "", "", errors.New("InvalidAction.NotFound")
			case !signed(r):
				return "", "", errors.New("SignatureDoesNotMatch")
			case q.Get("SignName") != "阿里云":
				return "", "", errors.New("isv.SMS_SIGNATURE_ILLEGAL")
			case strings.HasPrefix(q.Get("PhoneNumbers"), "+"):
				return "", "", errors.New("isv.MOBILE_NUMBER_ILLEGAL")
			}
			var parameters map[string]string
			if p := q.Get("TemplateParam"); p != "" {
				err = json.Unmarshal([]byte(p), &parameters)
			}
			return "+" + q.Get("PhoneNumbers"), q.Get("TemplateCode") + " " + parameters["code"] + " " + parameters["what"], err
		},
		Wants: wants,
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Body: `{"Message":"OK","RequestId":"F655A8D5-B967-440B-8683-DAD6FF8DE990","Code":"OK","BizId":"` + id + `"}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "limit of the number", Answer: refusal(200, "isv.BUSINESS_LIMIT_CONTROL"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "isv.BUSINESS_LIMIT_CONTROL"},
			{Name: "invalid number", Answer: refusal(200, "isv.MOBILE_NUMBER_ILLEGAL"), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "isv.MOBILE_NUMBER_ILLEGAL"},
			{Name: "signature of texts", Answer: refusal(200, "isv.SMS_SIGN_ILLEGAL"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "isv.SMS_SIGN_ILLEGAL"},
			{Name: "address", Answer: refusal(200, "isv.DENY_IP_RANGE"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "isv.DENY_IP_RANGE"},
			{Name: "balance", Answer: refusal(200, "isv.AMOUNT_NOT_ENOUGH"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "isv.AMOUNT_NOT_ENOUGH"},
			{Name: "template", Answer: refusal(200, "isv.SMS_TEMPLATE_ILLEGAL"), Class: phoneauth.Temporary, Code: "isv.SMS_TEMPLATE_ILLEGAL"},
			{Name: "credentials", Answer: refusal(404, "InvalidAccessKeyId.NotFound"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "InvalidAccessKeyId.NotFound"},
			{Name: "signature", Answer: refusal(400, "SignatureDoesNotMatch"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "SignatureDoesNotMatch"},
			{Name: "too fast", Answer: refusal(400, "Throttling.User"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "Throttling.User"},
			{Name: "system", Answer: refusal(200, "isp.SYSTEM_ERROR"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "isp.SYSTEM_ERROR"},
			{Name: "a code nobody knows", Answer: refusal(200, "isv.NEW_CODE"), Class: phoneauth.Temporary, Code: "isv.NEW_CODE"},
			{Name: "a code nobody knows, of a failure", Answer: refusal(503, "ServiceUnavailable"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "ServiceUnavailable"},
			{Name: "a code that quotes the number", Answer: refusal(200, "isv.201061797840"), Class: phoneauth.Temporary, Code: "not OK"},
			{Name: "no code", Answer: sendertest.Answer{Body: `{"RequestId":"F655A8D5"}`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// refusal is one as Alibaba Cloud words them: it quotes the number.
func refusal(status int, code string) sendertest.Answer {
	return sendertest.Answer{Status: status, Body: fmt.Sprintf(`{"Message":"201061797840 …","RequestId":"873043AC-BCDA-5DCB-8D7A-7F9A2D1B2C3D","Code":%q}`, code)}
}
