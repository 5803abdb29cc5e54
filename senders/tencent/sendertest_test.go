package tencent_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/tencent"
)

const (
	secretID = "AKIDexampleexampleexample"
	secret   = "secret-of-the-key"
)

func config(baseURL string, client *http.Client) tencent.Config {
	return tencent.Config{
		SecretID: secretID, SecretKey: secret, AppID: "1400006666", SignName: "腾讯云", BaseURL: baseURL, Client: client,
		Templates: []tencent.Template{
			{Purpose: phoneauth.PurposeSignIn, ID: "1", Variables: []string{"{code}"}},
			{Purpose: "transfer", ID: "2", Variables: []string{"{code}", "{details}"}},
			{Purpose: phoneauth.NoticePasswordChanged, ID: "3"},
		},
	}
}

// wants is what config has for m.
func wants(m phoneauth.Message) string {
	switch {
	case len(m.Code) > 6:
	case m.Purpose == phoneauth.PurposeSignIn && m.Code != "" && m.Details == "":
		return "1 [" + string(m.Code) + "]"
	case m.Purpose == "transfer" && m.Code != "" && m.Details != "":
		return "2 [" + string(m.Code) + " " + m.Details + "]"
	case m.Purpose == phoneauth.NoticePasswordChanged:
		return "3 []"
	}
	return ""
}

// signed reports whether r is signed as Tencent Cloud's documentation says, now.
func signed(r *http.Request, body []byte) bool {
	seconds, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	at := time.Unix(seconds, 0)
	if err != nil || time.Since(at).Abs() > 5*time.Minute {
		return false
	}
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, text)
		return h.Sum(nil)
	}
	date := at.UTC().Format("2006-01-02")
	canonical := fmt.Sprintf("POST\n/\n\ncontent-type:%s\nhost:%s\n\ncontent-type;host\n%x", r.Header.Get("Content-Type"), r.Host, sha256.Sum256(body))
	toSign := fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s/sms/tc3_request\n%x", seconds, date, sha256.Sum256([]byte(canonical)))
	key := mac(mac(mac([]byte("TC3"+secret), date), "sms"), "tc3_request")
	return r.Header.Get("Authorization") == fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s/sms/tc3_request, SignedHeaders=content-type;host, Signature=%x", secretID, date, mac(key, toSign))
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return tencent.New(config(baseURL, client))
		},
		Secrets: []string{secret},
		MaxCode: 6,
		Read: func(r *http.Request) (to, body string, err error) {
			raw, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(raw))
			var got struct {
				PhoneNumberSet, TemplateParamSet []string
				TemplateID                       string `json:"TemplateId"`
				SmsSdkAppID                      string `json:"SmsSdkAppId"`
				SignName                         string
			}
			switch {
			case err != nil || json.Unmarshal(raw, &got) != nil:
				return "", "", errors.New("InvalidParameter")
			case r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("X-TC-Action") != "SendSms" || r.Header.Get("X-TC-Version") != "2021-01-11" || r.Header.Get("X-TC-Region") != "ap-guangzhou":
				return "", "", errors.New("InvalidAction")
			case !signed(r, raw):
				return "", "", errors.New("AuthFailure.SignatureFailure")
			case got.SmsSdkAppID != "1400006666" || got.SignName != "腾讯云":
				return "", "", errors.New("InvalidParameterValue.SdkAppIdNotExist")
			case len(got.PhoneNumberSet) != 1 || !strings.HasPrefix(got.PhoneNumberSet[0], "+"):
				return "", "", errors.New("InvalidParameterValue.IncorrectPhoneNumber")
			}
			return got.PhoneNumberSet[0], fmt.Sprint(got.TemplateID, " ", got.TemplateParamSet), nil
		},
		Wants:   wants,
		Accepts: func(id string) sendertest.Answer { return status("Ok", id) },
		Refusals: []sendertest.Refusal{
			{Name: "limit of the number", Answer: status("LimitExceeded.PhoneNumberThirtySecondLimit", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "LimitExceeded.PhoneNumberThirtySecondLimit"},
			{Name: "invalid number", Answer: status("InvalidParameterValue.IncorrectPhoneNumber", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "InvalidParameterValue.IncorrectPhoneNumber"},
			{Name: "black list", Answer: status("FailedOperation.PhoneNumberInBlacklist", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "FailedOperation.PhoneNumberInBlacklist"},
			{Name: "balance", Answer: status("FailedOperation.InsufficientBalanceInSmsPackage", ""), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "FailedOperation.InsufficientBalanceInSmsPackage"},
			{Name: "credentials", Answer: failed(200, "AuthFailure.SecretIdNotFound"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "AuthFailure.SecretIdNotFound"},
			{Name: "limit of the application", Answer: failed(200, "LimitExceeded.AppDailyLimit"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "LimitExceeded.AppDailyLimit"},
			{Name: "template", Answer: failed(200, "FailedOperation.TemplateIncorrectOrUnapproved"), Class: phoneauth.Temporary, Code: "FailedOperation.TemplateIncorrectOrUnapproved"},
			{Name: "internal", Answer: failed(200, "InternalError.Timeout"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "InternalError.Timeout"},
			{Name: "a code nobody knows", Answer: failed(200, "FailedOperation.New"), Class: phoneauth.Temporary, Code: "FailedOperation.New"},
			{Name: "a code nobody knows, of a failure", Answer: failed(500, "Unknown"), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "Unknown"},
			{Name: "a code that quotes the number", Answer: status("+201061797840", ""), Class: phoneauth.Temporary, Code: "not Ok"},
			{Name: "rate", Answer: sendertest.Answer{Status: 429, Header: http.Header{"Retry-After": {"2"}}}, Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "HTTP 429", RetryAfter: 2 * time.Second},
			{Name: "no status", Answer: sendertest.Answer{Body: `{"Response":{"SendStatusSet":[]}}`}, Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "HTTP 200"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// status is an answer about the number.
func status(code, id string) sendertest.Answer {
	return sendertest.Answer{Body: fmt.Sprintf(`{"Response":{"SendStatusSet":[{"SerialNo":%q,"PhoneNumber":"+201061797840","Fee":1,"SessionContext":"","Code":%q,"Message":"+201061797840 …","IsoCode":"EG"}],"RequestId":"a0aabda6"}}`, id, code)}
}

// failed is an answer about the request.
func failed(httpStatus int, code string) sendertest.Answer {
	return sendertest.Answer{Status: httpStatus, Body: fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"+201061797840 …"},"RequestId":"ed93f3cb"}}`, code)}
}
