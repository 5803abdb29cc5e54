package aliyun_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
	"github.com/phoneauth/phoneauth/senders/sendertest"
)

// server answers with body, and keeps the last query.
func server(t *testing.T, body string) (address string, query *url.Values) {
	t.Helper()
	query = new(url.Values)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.True(t, signed(r))
		*query = r.URL.Query()
		io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, query
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    phoneauth.Message
		want url.Values
	}{
		"Chinese":  {phoneauth.Message{Purpose: "sign_in", Code: "012345", Locale: "zh-CN", AttemptID: "0123456789abcdef"}, url.Values{"TemplateCode": {"SMS_1"}, "TemplateParam": {`{"code":"012345"}`}, "OutId": {"0123456789abcdef"}}},
		"English":  {phoneauth.Message{Purpose: "sign_in", Code: "012345", Locale: "en", Service: `A "&" B`}, url.Values{"TemplateCode": {"SMS_2"}, "TemplateParam": {`{"code":"012345","product":"A \"\u0026\" B"}`}}},
		"a notice": {phoneauth.Message{Purpose: "notice_password_changed"}, url.Values{"TemplateCode": {"SMS_4"}}},
		"minutes":  {phoneauth.Message{Purpose: "minutes", Code: "012345", ExpiresAt: time.Now().Add(5 * time.Minute)}, url.Values{"TemplateCode": {"SMS_5"}, "TemplateParam": {`{"code":"012345","time":"5"}`}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, got := server(t, `{"Code":"OK","BizId":"9006197469364984^0"}`)
			conf := config(address+"/", nil)
			conf.Templates = append(conf.Templates, aliyun.Template{Purpose: "minutes", Code: "SMS_5", Variables: map[string]string{"code": "{code}", "time": "{minutes}"}})
			s, err := aliyun.New(conf)
			require.NoError(t, err)
			c.m.To = phoneauth.StoredPhone("+8615900000000")
			r, err := s.Send(t.Context(), c.m)
			require.NoError(t, err)
			assert.Equal(t, phoneauth.Receipt{ID: "9006197469364984^0", Sender: "aliyun"}, r)
			c.want["PhoneNumbers"], c.want["SignName"] = []string{"8615900000000"}, []string{"阿里云"}
			assert.Equal(t, c.want, *got)
		})
	}
}

// TestDocumentedCodes: the package documentation says of each code what becomes of it.
func TestDocumentedCodes(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^//\t(\S+) +(Temporary|Ambiguous), (destination|sender|not known)(?:  .*)?$`).FindAllStringSubmatch(string(doc), -1)
	source, err := os.ReadFile("codes.go")
	require.NoError(t, err)
	assert.Len(t, rows, len(regexp.MustCompile(`(?m)^\t"\S+": `).FindAll(source, -1)), "every known code is documented")
	for _, row := range rows {
		address, _ := server(t, refusal(200, row[1]).Body)
		s, err := aliyun.New(config(address, nil))
		require.NoError(t, err)
		_, err = s.Send(t.Context(), phoneauth.Message{To: phoneauth.StoredPhone("+8615900000000"), Purpose: "sign_in", Code: "012345"})
		var e *phoneauth.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, row[1], e.Code)
		assert.Equal(t, strings.ToLower(row[2]), string(e.Class), row[1])
		assert.Equal(t, strings.TrimPrefix(row[3], "not known"), string(e.Fault), row[1])
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config aliyun.Config
		want   []string
	}{
		{aliyun.Config{}, []string{"AccessKeyID is required", "AccessKeySecret is required", "SignName is required", "Templates is required"}},
		{aliyun.Config{AccessKeyID: "canary\r\n", AccessKeySecret: "canary", SignName: "x", BaseURL: "https://h/canary", Templates: []aliyun.Template{
			{Code: "canary", Variables: map[string]string{"canary-": "{canary}"}}, {Purpose: "sign_in", Code: "SMS_1", Locale: "canary canary"},
		}}, []string{
			"AccessKeyID is required", "Templates: Code must be", "Templates: the name of a variable must be", "Templates: a variable may have",
			"Templates: each must have a Purpose", "Templates: a Locale must be", "BaseURL must be",
		}},
	} {
		s, err := aliyun.New(c.config)
		assert.Nil(t, s)
		sendertest.Faults(t, err, "aliyun: config: ", c.want...)
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	t.Parallel()
	c, cb := aliyun.Config{AccessKeySecret: "canary"}, aliyun.CallbackConfig{PathSecret: "canary"}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, cb, cb, cb), "canary")
}
