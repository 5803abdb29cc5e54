package whatsapp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

const (
	from  = "106540352242922"
	token = "token-of-the-system-user"
)

func config(baseURL string, client *http.Client) whatsapp.Config {
	return whatsapp.Config{
		PhoneNumberID: from, AccessToken: token, BaseURL: baseURL, Client: client,
		Templates: []whatsapp.Template{
			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "en_US"},
			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "pt_BR"},
			{Purpose: "transfer", Name: "login_code", Language: "en_US"},
			{Purpose: phoneauth.NoticePasswordChanged, Name: "password_changed", Language: "en", Notice: true},
		},
	}
}

// wants is what config has for m.
func wants(m phoneauth.Message) string {
	switch {
	case m.Details != "":
	case m.Code == "" && m.Purpose == phoneauth.NoticePasswordChanged:
		return "password_changed en []"
	case m.Code == "":
	case m.Purpose == phoneauth.PurposeSignIn && strings.HasPrefix(m.Locale, "pt"):
		return "login_code pt_BR [" + string(m.Code) + "]"
	case m.Purpose == phoneauth.PurposeSignIn || m.Purpose == "transfer":
		return "login_code en_US [" + string(m.Code) + "]"
	}
	return ""
}

// request is what Meta reads of a request.
type request struct {
	Product  string `json:"messaging_product"`
	To, Type string
	Template struct {
		Name     string
		Language struct{ Code string }

		Components []struct {
			Type       string
			SubType    string `json:"sub_type"`
			Index      string
			Parameters []struct{ Type, Text string }
		}
	}
	Reference string `json:"biz_opaque_callback_data"`
}

// read reads a request as Meta does.
func read(r *http.Request) (to, body string, err error) {
	var got request
	err = json.NewDecoder(r.Body).Decode(&got)
	codes := []string{}
	for i, c := range got.Template.Components {
		want := []string{"body  ", "button url 0"}[i]
		if fmt.Sprint(c.Type, " ", c.SubType, " ", c.Index) != want || len(c.Parameters) != 1 || c.Parameters[0].Type != "text" {
			return "", "", errors.New("132012")
		}
		if i == 0 {
			codes = append(codes, c.Parameters[0].Text)
		} else if c.Parameters[0].Text != codes[0] {
			return "", "", errors.New("the button has another code")
		}
	}
	switch {
	case err != nil:
		return "", "", err
	case r.Method != http.MethodPost || r.URL.Path != "/v23.0/"+from+"/messages":
		return "", "", errors.New("404")
	case r.Header.Get("Authorization") != "Bearer "+token:
		return "", "", errors.New("190")
	case got.Product != "whatsapp" || got.Type != "template" || strings.HasPrefix(got.To, "+"):
		return "", "", errors.New("100")
	case len(codes) == 1 && len(got.Template.Components) != 2:
		return "", "", errors.New("132000")
	}
	return "+" + got.To, fmt.Sprintf("%s %s %v", got.Template.Name, got.Template.Language.Code, codes), nil
}

func TestSendertest(t *testing.T) {
	t.Parallel()
	sendertest.Run(t, sendertest.Provider{
		New: func(baseURL string, client *http.Client) (phoneauth.SMSSender, error) {
			return whatsapp.New(config(baseURL, client))
		},
		Secrets: []string{token},
		Read:    read,
		Wants:   wants,
		Accepts: func(id string) sendertest.Answer {
			return sendertest.Answer{Body: `{"messaging_product":"whatsapp","contacts":[{"input":"201061797840","wa_id":"201061797840"}],"messages":[{"id":"` + id + `","message_status":"accepted"}]}`}
		},
		Refusals: []sendertest.Refusal{
			{Name: "not on WhatsApp", Answer: refusal(400, 131026), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "131026"},
			{Name: "country", Answer: refusal(403, 130497), Class: phoneauth.Temporary, Fault: phoneauth.FaultDestination, Code: "130497"},
			{Name: "no template in this language", Answer: refusal(404, 132001), Class: phoneauth.Temporary, Code: "132001"},
			{Name: "token expired", Answer: refusal(401, 190), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "190"},
			{Name: "authentication", Answer: refusal(401, 0), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "0"},
			{Name: "permission", Answer: refusal(403, 294), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "294"},
			{Name: "payment", Answer: refusal(400, 131042), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "131042"},
			{Name: "rate", Answer: refusal(429, 130429, "Retry-After", "2"), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "130429", RetryAfter: 2 * time.Second},
			{Name: "unavailable", Answer: refusal(500, 131016), Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Code: "131016"},
			{Name: "something went wrong", Answer: refusal(500, 131000), Class: phoneauth.Ambiguous, Code: "131000"},
			{Name: "a code nobody knows", Answer: refusal(400, 999999), Class: phoneauth.Temporary, Code: "999999"},
			{Name: "a code nobody knows, of a failure", Answer: refusal(500, 999999), Class: phoneauth.Ambiguous, Fault: phoneauth.FaultSender, Code: "999999"},
			{Name: "a negative code", Answer: refusal(400, -1), Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "a code that is none", Answer: sendertest.Answer{Status: 400, Body: `{"error":{"code":"+201061797840"}}`}, Class: phoneauth.Temporary, Code: "HTTP 400"},
			{Name: "not JSON", Answer: sendertest.Answer{Status: 400, Body: "<html>"}, Class: phoneauth.Temporary, Code: "HTTP 400"},
		},
		Never: []phoneauth.SendClass{phoneauth.Permanent},
	})
}

// refusal is one as Meta words them: it quotes the number.
func refusal(status, code int, header ...string) sendertest.Answer {
	a := sendertest.Answer{Status: status, Header: http.Header{"Content-Type": {"application/json"}}}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	a.Body = fmt.Sprintf(`{"error":{"message":"(#%d) 201061797840 …","type":"OAuthException","code":%d,"error_data":{"messaging_product":"whatsapp","details":"201061797840 …"},"fbtrace_id":"Az8or2yhqkZfEZ-_4Qn_Bam"}}`, code, code)
	return a
}
