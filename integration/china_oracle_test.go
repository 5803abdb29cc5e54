package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/aliyun"
	"github.com/phoneauth/phoneauth/senders/tencent"
)

const (
	chinaID     = "AKIDexampleexampleexample"
	chinaSecret = "secret-of-the-key"
	chinaNumber = "+8615900000000"
)

// fakeChina is the SMS of Alibaba Cloud and of Tencent Cloud. It takes what is signed with
// chinaSecret, whatever headers the client signed, and keeps what it was asked to send.
type fakeChina struct {
	mu              sync.Mutex
	aliyun, tencent []map[string]any
}

func chinaMAC(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text)
	return h.Sum(nil)
}

// chinaSigned reports whether r has the signature of its Authorization, which both vendors make of
// a canonical request in nearly the same way. Tencent Cloud's SDK leaves the port out of the host,
// which has none at Tencent Cloud.
func chinaSigned(r *http.Request, body []byte) bool {
	host, _, _ := strings.Cut(r.Host, ":")
	return chinaSignedFor(r.Host, r, body) || chinaSignedFor(host, r, body)
}

func chinaSignedFor(host string, r *http.Request, body []byte) bool {
	algorithm, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n")
	for name := range strings.SplitSeq(parts["SignedHeaders"], ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = host
		}
		canonical.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	hash := sha256.Sum256(body)
	canonical.WriteString("\n" + parts["SignedHeaders"] + "\n" + hex.EncodeToString(hash[:]))
	digest := sha256.Sum256([]byte(canonical.String()))
	key, toSign := []byte(chinaSecret), algorithm+"\n"
	switch id, scope, _ := strings.Cut(parts["Credential"], "/"); {
	case id != chinaID:
		return false
	case algorithm == "TC3-HMAC-SHA256":
		key = []byte("TC3" + chinaSecret)
		for step := range strings.SplitSeq(scope, "/") {
			key = chinaMAC(key, step)
		}
		toSign += r.Header.Get("X-TC-Timestamp") + "\n" + scope + "\n"
	case algorithm != "ACS3-HMAC-SHA256":
		return false
	}
	return parts["Signature"] == hex.EncodeToString(chinaMAC(key, toSign+hex.EncodeToString(digest[:])))
}

func (f *fakeChina) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !chinaSigned(r, body) {
		http.Error(w, `{"Code":"SignatureDoesNotMatch","Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"x"}}}`, http.StatusForbidden)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("X-TC-Action") != "" {
		said := map[string]any{}
		_ = json.Unmarshal(body, &said)
		for _, name := range []string{"X-TC-Action", "X-TC-Version", "X-TC-Region"} {
			said[name] = r.Header.Get(name)
		}
		f.tencent = append(f.tencent, said)
		fmt.Fprintf(w, `{"Response":{"SendStatusSet":[{"SerialNo":"t%d","Code":"Ok"}],"RequestId":"x"}}`, len(f.tencent))
		return
	}
	form, _ := url.ParseQuery(string(body))
	said := map[string]any{"action": r.Header.Get("x-acs-action"), "version": r.Header.Get("x-acs-version")}
	for _, values := range []url.Values{r.URL.Query(), form} {
		for name, value := range values {
			said[name] = value[0]
		}
	}
	f.aliyun = append(f.aliyun, said)
	fmt.Fprintf(w, `{"Code":"OK","Message":"OK","RequestId":"x","BizId":"a%d"}`, len(f.aliyun))
}

// TestChinaSDKs: the SDKs of Alibaba Cloud and Tencent Cloud for Node.js ask for the same as the
// senders, and one check takes the signatures of all four.
func TestChinaSDKs(t *testing.T) {
	t.Parallel()
	fake := &fakeChina{}
	srv := httptest.NewServer(fake)
	t.Cleanup(srv.Close)
	m := phoneauth.Message{
		To: phoneauth.StoredPhone(chinaNumber), Code: "012345", Purpose: phoneauth.PurposeSignIn, Service: `A "&" 码 ~*`, AttemptID: "0123456789abcdef",
	}
	first, err := aliyun.New(aliyun.Config{
		AccessKeyID: chinaID, AccessKeySecret: chinaSecret, SignName: "阿里云", BaseURL: srv.URL,
		Templates: []aliyun.Template{{Purpose: phoneauth.PurposeSignIn, Code: "SMS_154950909", Variables: map[string]string{"code": "{code}", "name": "{service}"}}},
	})
	require.NoError(t, err)
	second, err := tencent.New(tencent.Config{
		SecretID: chinaID, SecretKey: chinaSecret, AppID: "1400006666", SignName: "腾讯云", BaseURL: srv.URL,
		Templates: []tencent.Template{{Purpose: phoneauth.PurposeSignIn, ID: "449739", Variables: []string{"{code}", "{service}"}}},
	})
	require.NoError(t, err)
	for want, s := range map[string]phoneauth.SMSSender{"a1": first, "t1": second} {
		r, err := s.Send(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, want, r.ID)
	}

	stranger, err := aliyun.New(aliyun.Config{
		AccessKeyID: chinaID, AccessKeySecret: "another", SignName: "阿里云", BaseURL: srv.URL,
		Templates: []aliyun.Template{{Purpose: phoneauth.PurposeSignIn, Code: "SMS_1", Variables: map[string]string{"code": "{code}"}}},
	})
	require.NoError(t, err)
	_, err = stranger.Send(t.Context(), m)
	assert.EqualError(t, err, "phoneauth: send: temporary, sender (SignatureDoesNotMatch)", "the check tells signatures apart")

	parameters, err := json.Marshal(map[string]string{"code": "012345", "name": m.Service})
	require.NoError(t, err)
	var ids []string
	runNode(t, nodeScript{folder: "testdata/china", name: "oracle.mjs", what: "china-sms@4.6.0"}, map[string]any{
		"url": srv.URL, "id": chinaID, "secret": chinaSecret,
		"aliyun": map[string]any{
			"phoneNumbers": chinaNumber[1:], "signName": "阿里云", "templateCode": "SMS_154950909", "templateParam": string(parameters), "outId": m.AttemptID,
		},
		"tencent": map[string]any{
			"PhoneNumberSet": []string{chinaNumber}, "SmsSdkAppId": "1400006666", "SignName": "腾讯云", "TemplateId": "449739",
			"TemplateParamSet": []string{"012345", m.Service}, "SessionContext": m.AttemptID,
		},
	}, &ids)
	assert.Equal(t, []string{"a2", "t2"}, ids)
	assert.Equal(t, fake.aliyun[1], fake.aliyun[0], "Alibaba Cloud's SDK, and our sender")
	assert.Equal(t, fake.tencent[1], fake.tencent[0], "Tencent Cloud's SDK, and our sender")
}
