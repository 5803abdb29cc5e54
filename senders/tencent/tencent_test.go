package tencent_test

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
	"github.com/phoneauth/phoneauth/senders/sendertest"
	"github.com/phoneauth/phoneauth/senders/tencent"
)

// server answers with body, and keeps the last request's.
func server(t *testing.T, body string) (address string, got *string) {
	t.Helper()
	got = new(string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*got = string(b)
		assert.True(t, signed(r, b))
		io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    phoneauth.Message
		want string
	}{
		"a code":   {phoneauth.Message{Purpose: "sign_in", Code: "012345", AttemptID: "0123456789abcdef"}, `"TemplateId":"1","TemplateParamSet":["012345"],"SessionContext":"0123456789abcdef"`},
		"details":  {phoneauth.Message{Purpose: "transfer", Code: "012345", Details: "1 <EUR>"}, `"TemplateId":"2","TemplateParamSet":["012345","1 <EUR>"]`},
		"a notice": {phoneauth.Message{Purpose: "notice_password_changed"}, `"TemplateId":"3"`},
		"minutes":  {phoneauth.Message{Purpose: "minutes", Code: "012345", Service: "Acme", ExpiresAt: time.Now().Add(5 * time.Minute)}, `"TemplateId":"4","TemplateParamSet":["Acme","012345","5"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, got := server(t, status("Ok", "5000:1045710669157053657849499619").Body)
			conf := config(address+"/", nil)
			conf.Templates = append(conf.Templates, tencent.Template{Purpose: "minutes", ID: "4", Variables: []string{"{service}", "{code}", "{minutes}"}})
			s, err := tencent.New(conf)
			require.NoError(t, err)
			c.m.To = phoneauth.StoredPhone("+8615900000000")
			r, err := s.Send(t.Context(), c.m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "5000:1045710669157053657849499619", Sender: "tencent"}, r)
			assert.JSONEq(t, `{"PhoneNumberSet":["+8615900000000"],"SmsSdkAppId":"1400006666","SignName":"腾讯云",`+c.want+`}`, *got)
		})
	}
}

// TestDocumentedCodes: the package documentation says of each code what becomes of it. A "*" stands
// for the rest of a name.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\S+) +(Temporary|Ambiguous), (destination|sender|not known)(?:  .*)?$`).FindAllStringSubmatch(string(doc), -1)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t"\S+": `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		code := strings.Replace(row[1], "*", "Xyz", 1)
		address, _ := server(t, status(code, "").Body)
		s, err := tencent.New(config(address, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+8615900000000"), Purpose: "sign_in", Code: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, code, e.Code)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), code)
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(e.Fault), code)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config tencent.Config
		want   []string
	}{
		{tencent.Config{}, []string{"SecretID is required", "SecretKey is required", "AppID must be", "Templates is required"}},
		{tencent.Config{SecretID: "canary\r\n", SecretKey: "canary", AppID: "canary", SignName: "canary\xff", Region: "canary/", BaseURL: "https://h/canary", Templates: []tencent.Template{
			{ID: "canary", Variables: []string{"{canary}"}}, {Purpose: "sign_in", ID: "1", Locale: "canary canary"},
		}}, []string{
			"SecretID is required", "AppID must be", "SignName must be", "Region must be", "Templates: ID must be", "Templates: a variable may have",
			"Templates: each must have a Purpose", "Templates: a Locale must be", "BaseURL must be",
		}},
	} {
		s, err := tencent.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "tencent: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c, cb := tencent.Config{SecretKey: "canary"}, tencent.CallbackConfig{PathSecret: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
