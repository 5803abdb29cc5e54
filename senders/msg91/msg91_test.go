package msg91_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/msg91"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    phoneauth.Message
		want string
	}{
		"a code":   {phoneauth.Message{Purpose: "sign_in", Code: "012345", Service: "Acme", Locale: "en-IN"}, `{"template_id":"login","short_url":"0","recipients":[{"mobiles":"919876543210","otp":"012345","brand":"Acme"}]}`},
		"in Hindi": {phoneauth.Message{Purpose: "sign_in", Code: "012345", Service: "Acme", Locale: "hi-IN"}, `{"template_id":"loginhi","short_url":"0","recipients":[{"mobiles":"919876543210","otp":"012345"}]}`},
		"a notice": {phoneauth.Message{Purpose: "notice_password_changed", Service: "Acme"}, `{"template_id":"changed","short_url":"0","recipients":[{"mobiles":"919876543210","brand":"Acme"}]}`},
		"details":  {phoneauth.Message{Purpose: "transfer", Code: "012345", Details: `"1 EUR"`}, `{"template_id":"transfer","short_url":"0","recipients":[{"mobiles":"919876543210","otp":"012345","what":"\"1 EUR\""}]}`},
		"minutes":  {phoneauth.Message{Purpose: "minutes", Code: "012345", ExpiresAt: time.Now().Add(5 * time.Minute)}, `{"template_id":"minutes","short_url":"0","recipients":[{"mobiles":"919876543210","otp":"012345 for 5 min"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				body = string(b)
				assert.Equal(t, "/api/v5/flow", r.RequestURI)
				assert.Equal(t, key, r.Header.Get("authkey"))
				io.WriteString(w, `{"message":"3463647a5931343535383236","type":"success"}`)
			}))
			t.Cleanup(srv.Close)
			conf := config(srv.URL+"/", nil)
			conf.Templates = append(conf.Templates, msg91.Template{Purpose: "minutes", ID: "minutes", Variables: map[string]string{"otp": "{code} for {minutes} min"}})
			s, err := msg91.New(conf)
			require.NoError(t, err)
			c.m.To = phoneauth.StoredPhone("+919876543210")
			r, err := s.Send(t.Context(), c.m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "3463647a5931343535383236", Sender: "msg91"}, r)
			assert.JSONEq(t, c.want, body)
		})
	}
}

// TestDocumentedCodes: the package documentation says of each code what becomes of it.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\d{3})  Temporary, (destination|sender|not known) `).FindAllStringSubmatch(string(doc), -1)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t"\d{3}": `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, refusal(200, row[1]).Body)
		}))
		t.Cleanup(srv.Close)
		s, err := msg91.New(config(srv.URL, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+919876543210"), Purpose: "sign_in", Code: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, phoneauth.Temporary, e.Class, row[1])
		assert.Equal(t, strings.TrimPrefix(row[2], "not known"), string(e.Fault), row[1])
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config msg91.Config
		want   []string
	}{
		{msg91.Config{}, []string{"AuthKey is required", "Templates is required"}},
		{msg91.Config{AuthKey: "canary\r\nX: y", BaseURL: "https://user:canary@h", Templates: []msg91.Template{
			{ID: "canary!", Variables: map[string]string{"canary-": "{canary}"}}, {Purpose: "sign_in", ID: "a", Locale: "canary canary", Variables: map[string]string{"mobiles": "1"}},
		}}, []string{
			"AuthKey is required", "Templates: ID must be", "Templates: the name of a variable must be", "Templates: a variable may have", "Templates: the name of a variable must be",
			"Templates: each must have a Purpose", "Templates: a Locale must be", "BaseURL must be",
		}},
	} {
		s, err := msg91.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "msg91: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c, cb := msg91.Config{AuthKey: "canary"}, msg91.CallbackConfig{PathSecret: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
