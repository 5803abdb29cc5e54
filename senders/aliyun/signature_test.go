package aliyun

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The fixed example of Alibaba Cloud's documentation of the signature.
func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	query := canonicalQuery(url.Values{"RegionId": {"cn-shanghai"}, "ImageId": {"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}})
	got := authorization("YourAccessKeyId", []byte("YourAccessKeySecret"), query, map[string]string{
		"host":                  "ecs.cn-shanghai.aliyuncs.com",
		"x-acs-action":          "RunInstances",
		"x-acs-version":         "2014-05-26",
		"x-acs-date":            "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	})
	assert.Equal(t, "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"+
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0", got)
}

func TestCanonicalQuery(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a=~%2A%20%2B%2F%E7%A0%81&b=%7B%22c%22%3A%221%22%7D", canonicalQuery(url.Values{"b": {`{"c":"1"}`}, "a": {"~* +/码"}}))
}
