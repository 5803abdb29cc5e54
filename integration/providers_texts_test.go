package integration_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/senders/infobip"
	"github.com/phoneauth/phoneauth/senders/messagebird"
)

// infobipFields are the fields of a message of version 2 of Infobip's API, and where version 3 has
// them.
var infobipFields = map[string][]string{
	"from":              {"sender"},
	"destinations":      {"destinations"},
	"text":              {"content", "text"},
	"notifyUrl":         {"webhooks", "delivery", "url"},
	"notifyContentType": {"webhooks", "contentType"},
	"callbackData":      {"webhooks", "callbackData"},
	"regional":          {"options", "regional"},
}

// infobipVersion3 says a request of version 2 in the fields of version 3.
func infobipVersion3(t *testing.T, body map[string]any) map[string]any {
	t.Helper()
	assert.Equal(t, "text", body["type"], "the library's own field, by which it chooses the path")
	var all []any
	for _, one := range body["messages"].([]any) {
		message := map[string]any{}
		for name, value := range one.(map[string]any) {
			path := infobipFields[name]
			if !assert.NotEmpty(t, path, name) {
				continue
			}
			at := message
			for _, parent := range path[:len(path)-1] {
				if at[parent] == nil {
					at[parent] = map[string]any{}
				}
				at = at[parent].(map[string]any)
			}
			at[path[len(path)-1]] = value
		}
		all = append(all, message)
	}
	return map[string]any{"messages": all}
}

// TestTextLibraries: what the senders ask of Infobip and MessageBird is what the vendors' own
// libraries ask, and both read the same of the answers. Two things differ: Infobip's library has
// version 2 of the API, and MessageBird's writes the recipients as one text with commas.
func TestTextLibraries(t *testing.T) {
	t.Parallel()
	const (
		report, text, gsm = "https://acme.example/report", "<#> 012345 هو رمز & ça", "012345 is your code @Acme: €1_{^}"
		mumbai            = "+919820012345"
		infobipAnswer     = `{"bulkId":"B","messages":[{"messageId":"I1","status":{"groupId":1,"groupName":"PENDING","id":26,"name":"PENDING_ACCEPTED"}}]}`
	)
	url, take := fakeProviders(t, map[string]providerAnswer{
		"/sms/2/text/advanced": {200, infobipAnswer},
		"/sms/3/messages":      {200, infobipAnswer},
		"/messages":            {201, `{"id":"M1","href":"https://rest.messagebird.com/messages/M1"}`},
	})
	infobipMessage := func(to string, more map[string]any) map[string]any {
		message := map[string]any{
			"from": "14155552345", "destinations": []any{map[string]any{"to": to[1:]}}, "text": text,
			"notifyUrl": report, "notifyContentType": "application/json", "callbackData": "0123456789abcdef",
		}
		maps.Copy(message, more)
		return message
	}
	theirs := integration.SendByLibraries(t, "texts.mjs", map[string]any{
		"base": url,
		"infobip": map[string]any{"key": "key", "messages": map[string]any{
			"infobip": infobipMessage(cairo, nil),
			"infobip to India": infobipMessage(mumbai, map[string]any{"regional": map[string]any{
				"indiaDlt": map[string]any{"contentTemplateId": "1107158078772563946", "principalEntityId": "1101407360000017170"},
			}}),
		}},
		"messagebird": map[string]any{"key": "key", "messages": map[string]any{
			"messagebird":      map[string]any{"originator": "Acme", "recipients": []string{cairo[1:]}, "body": text, "type": "sms", "datacoding": "unicode", "reference": "0123456789abcdef", "reportUrl": report},
			"messagebird, GSM": map[string]any{"originator": "Acme", "recipients": []string{cairo[1:]}, "body": gsm, "type": "sms", "datacoding": "plain", "reference": "0123456789abcdef", "reportUrl": report},
		}},
	})
	want := take()
	require.Len(t, want, 4)

	i, err := infobip.New(infobip.Config{
		BaseURL: url, APIKey: "key", From: "+14155552345", DeliveryURL: report,
		India: &infobip.India{EntityID: "1101407360000017170", Templates: []infobip.IndiaTemplate{{Purpose: phoneauth.PurposeSignIn, ID: "1107158078772563946"}}},
	})
	require.NoError(t, err)
	m, err := messagebird.New(messagebird.Config{AccessKey: "key", From: "Acme", ReportURL: report, Client: toFake(t, url)})
	require.NoError(t, err)
	ours := map[string]string{}
	for _, one := range []struct {
		name, to, body string
		sender         phoneauth.SMSSender
	}{
		{"infobip", cairo, text, i},
		{"infobip to India", mumbai, text, i},
		{"messagebird", cairo, text, m},
		{"messagebird, GSM", cairo, gsm, m},
	} {
		r, err := one.sender.Send(t.Context(), phoneauth.Message{
			To: phoneauth.StoredPhone(one.to), Body: phoneauth.Secret(one.body), Code: "012345", Purpose: phoneauth.PurposeSignIn, Locale: "en", AttemptID: "0123456789abcdef",
		})
		require.NoError(t, err, one.name)
		ours[one.name] = r.ID
	}
	assert.Equal(t, theirs, ours, "the ids")

	for n, w := range want {
		switch w.path {
		case "/sms/2/text/advanced":
			w.path, w.body = "/sms/3/messages", infobipVersion3(t, w.body)
		case "/messages":
			// MessageBird's description of its API wants an array.
			assert.Equal(t, cairo[1:], w.body["recipients"])
			w.body["recipients"] = []any{cairo[1:]}
		}
		want[n] = w
	}
	assert.Equal(t, want, take())
}
