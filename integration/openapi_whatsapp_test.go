package integration_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/whatsapp"
)

// describeWhatsApp mends the description in two places. Its pattern for the index of a button
// refuses the description's own example "0"; the mended one takes what the text beside it says, 0
// to 9. It names the kinds of components and of parameters by discriminators alone, which
// kin-openapi does not look at without "oneOf".
func describeWhatsApp(t *testing.T) *description {
	t.Helper()
	d := describe(t, "whatsapp_v23.yaml", "/{Version}/{Phone-Number-ID}/messages", "/")
	const odd, mended = "^[2-6, 11-14]$", "^[0-9]$"
	base, body, button := d.schema(t, "TemplateComponent"), d.schema(t, "BodyComponent").AllOf[1].Value, d.schema(t, "ButtonComponent").AllOf[1].Value
	require.Equal(t, "0", base.Properties["index"].Value.Example, "the description's own example")
	for _, schema := range []*openapi3.Schema{base.Properties["index"].Value, button.Properties["index"].Value} {
		require.Equal(t, odd, schema.Pattern, "it is not mended yet")
		schema.Pattern = mended
	}
	oneOf := func(array *openapi3.Schema, names ...string) {
		array.Items = &openapi3.SchemaRef{Value: &openapi3.Schema{}}
		for _, name := range names {
			array.Items.Value.OneOf = append(array.Items.Value.OneOf, &openapi3.SchemaRef{Value: d.schema(t, name)})
		}
	}
	oneOf(d.schema(t, "TemplateObject").Properties["components"].Value, "HeaderComponent", "BodyComponent", "ButtonComponent")
	oneOf(body.Properties["parameters"].Value, "TextParameter", "CurrencyParameter", "DateTimeParameter")
	oneOf(button.Properties["parameters"].Value, "ButtonTextParameter", "ButtonPayloadParameter")
	return d
}

// TestWhatsAppDescription: requests and answers are those of Meta's own description of its API.
func TestWhatsAppDescription(t *testing.T) {
	t.Parallel()
	d := describeWhatsApp(t)
	answer, err := json.Marshal(map[string]any{
		"messaging_product": "whatsapp",
		"contacts":          d.schema(t, "MessageResponsePayload").Properties["contacts"].Value.Example,
		"messages":          d.schema(t, "MessageResponsePayload").Properties["messages"].Value.Example,
	})
	require.NoError(t, err)
	s, err := whatsapp.New(whatsapp.Config{
		PhoneNumberID: "106540352242922", AccessToken: "token", BaseURL: d.serveAs(t, http.StatusOK, answer, func(*http.Request) {}),
		Templates: []whatsapp.Template{
			{Purpose: phoneauth.PurposeSignIn, Name: "login_code", Language: "en_US"},
			{Purpose: phoneauth.NoticePasswordChanged, Name: "password_changed", Language: "en_US", Notice: true},
		},
	})
	require.NoError(t, err)
	for _, m := range []phoneauth.Message{
		{Purpose: phoneauth.PurposeSignIn, Code: "012345", AttemptID: "0123456789abcdef"},
		{Purpose: phoneauth.PurposeSignIn, Code: "0123456789"},
		{Purpose: phoneauth.NoticePasswordChanged},
	} {
		m.To = phoneauth.StoredPhone(cairo)
		r, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, phoneauth.Receipt{ID: "wamid.gBGGSFcCNEOPAgkO_KJ55r4w_ww", Sender: "whatsapp"}, r)
	}

	const good = `{"messaging_product":"whatsapp","recipient_type":"individual","to":"201061797840","type":"template","template":{"name":"login_code","language":{"policy":"deterministic","code":"en_US"},"components":[{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"012345"}]}]}}`
	for name, change := range map[string][2]string{
		"good":                      {},
		"no product":                {`"messaging_product":"whatsapp",`, ``},
		"no kind of recipient":      {`"recipient_type":"individual",`, ``},
		"no number":                 {`"to":"201061797840",`, ``},
		"no policy":                 {`"policy":"deterministic",`, ``},
		"another policy":            {`deterministic`, `fallback`},
		"no name":                   {`"name":"login_code",`, ``},
		"an index that is none":     {`"index":"0"`, `"index":"x"`},
		"an index of two digits":    {`"index":"0"`, `"index":"10"`},
		"an index that is a number": {`"index":"0"`, `"index":0`},
		"no index":                  {`"index":"0",`, ``},
		"another kind of button":    {`"sub_type":"url"`, `"sub_type":"copy"`},
		"no variables":              {`[{"type":"text","text":"012345"}]`, `[]`},
		"a variable without text":   {`,"text":"012345"`, ``},
		"a code that is a number":   {`"text":"012345"`, `"text":12345`},
	} {
		r := httptest.NewRequest(http.MethodPost, "/v23.0/1/messages", strings.NewReader(strings.Replace(good, change[0], change[1], 1)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer token")
		r.Header.Set("User-Agent", "phoneauth/0.1.0")
		_, err := d.validate(r)
		assert.Equal(t, change[0] == "", err == nil, "%s: %v", name, err)
	}
}
