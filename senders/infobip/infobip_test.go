package infobip_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/infobip"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

var india = &infobip.India{EntityID: "1101", Templates: []infobip.IndiaTemplate{
	{Purpose: phoneauth.PurposeSignIn, ID: "1"},
	{Purpose: phoneauth.PurposeSignIn, Locale: "hi", ID: "2"},
	{Purpose: phoneauth.PurposeSignIn, Locale: "hi-Latn", ID: "3"},
	{Purpose: phoneauth.PurposePasswordReset, Locale: "hi", ID: "4"},
}}

// body sends m to a server and returns the body of the request.
func body(t *testing.T, c infobip.Config, m phoneauth.Message) string {
	t.Helper()
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		got = string(b)
		io.WriteString(w, answer("id-1", 1, 26, "PENDING_ACCEPTED").Body)
	}))
	t.Cleanup(srv.Close)
	c.BaseURL = srv.URL + "/"
	s, err := infobip.New(c)
	require.NoError(t, err)
	r, err := s.Send(t.Context(), m)
	require.NoError(t, err)
	assert.Equal(t, phoneauth.Receipt{ID: "id-1", Sender: "infobip"}, r)
	return got
}

func TestRequest(t *testing.T) {
	t.Parallel()
	m := phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345 & ça", AttemptID: "attempt-0000001_"}
	c := config("", nil)
	c.From = "+447700900000"
	assert.JSONEq(t, `{"messages":[{
		"sender":"447700900000","destinations":[{"to":"201061797840"}],"content":{"text":"012345 & ça"},
		"webhooks":{"delivery":{"url":"https://infobip:password-of-the-reports@acme.example/infobip"},"contentType":"application/json","callbackData":"attempt-0000001_"}
	}]}`, body(t, c, m))

	c.DeliveryURL, m.AttemptID = "", ""
	assert.JSONEq(t, `{"messages":[{"sender":"447700900000","destinations":[{"to":"201061797840"}],"content":{"text":"012345 & ça"}}]}`, body(t, c, m))
}

func TestIndia(t *testing.T) {
	t.Parallel()
	c := config("", nil)
	c.DeliveryURL, c.India = "", india
	for _, want := range []struct {
		locale, id string
		purpose    phoneauth.Purpose
	}{
		{"", "1", phoneauth.PurposeSignIn},
		{"en-IN", "1", phoneauth.PurposeSignIn},
		{"hi-IN", "2", phoneauth.PurposeSignIn},
		{"HI-latn", "3", phoneauth.PurposeSignIn},
		{"hi", "4", phoneauth.PurposePasswordReset},
	} {
		m := phoneauth.Message{To: phoneauth.StoredPhone("+919876543210"), Body: "012345", Locale: want.locale, Purpose: want.purpose}
		assert.JSONEq(t, `{"messages":[{"sender":"Acme","destinations":[{"to":"919876543210"}],"content":{"text":"012345"},
			"options":{"regional":{"indiaDlt":{"contentTemplateId":"`+want.id+`","principalEntityId":"1101"}}}}]}`, body(t, c, m), want.locale)
	}
	elsewhere := phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "012345", Purpose: phoneauth.NoticePasswordChanged}
	assert.NotContains(t, body(t, c, elsewhere), "indiaDlt")
}

func TestSupports(t *testing.T) {
	t.Parallel()
	c := config("https://acme.example", nil)
	without, err := infobip.New(c)
	require.NoError(t, err)
	c.India = india
	with, err := infobip.New(c)
	require.NoError(t, err)
	for _, m := range []phoneauth.Message{
		{To: phoneauth.StoredPhone("+919876543210"), Purpose: phoneauth.NoticePasswordChanged},
		{To: phoneauth.StoredPhone("+919876543210"), Purpose: phoneauth.PurposePasswordReset, Locale: "en"},
	} {
		assert.True(t, without.Supports(m))
		assert.False(t, with.Supports(m))
		r, err := with.Send(t.Context(), m)
		assert.Equal(t, phoneauth.Receipt{Sender: "infobip"}, r)
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, phoneauth.Temporary, e.Class)
		assert.Equal(t, phoneauth.FaultSender, e.Fault)
	}
	assert.True(t, with.Supports(phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Purpose: phoneauth.NoticePasswordChanged}))
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config infobip.Config
		want   []string
	}{
		{infobip.Config{}, []string{"BaseURL must be", "APIKey is required", "From is required"}},
		{infobip.Config{BaseURL: "https://user:canary@h", APIKey: "canary\n", From: "x", DeliveryURL: "canary"}, []string{"BaseURL must be", "APIKey is required, on one line", "DeliveryURL must be"}},
		{infobip.Config{BaseURL: "https://h/?canary", APIKey: "canary", From: "x", India: &infobip.India{}}, []string{"BaseURL must be", "India.EntityID must be", "India.Templates is required"}},
		{infobip.Config{BaseURL: "https://h", APIKey: "canary", From: "x", India: &infobip.India{EntityID: "1", Templates: []infobip.IndiaTemplate{
			{ID: "x"}, {Purpose: "sign-in", Locale: "hi", ID: "1"}, {Purpose: "sign-in", Locale: "HI", ID: "2"},
		}}}, []string{"India.Templates[0].Purpose is", "India.Templates[0].ID must be", "India.Templates[2] is the second"}},
	} {
		s, err := infobip.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "infobip: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c := infobip.Config{APIKey: "canary", DeliveryURL: "https://u:canary@h"}
	cb := infobip.CallbackConfig{Password: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
