package tencent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The example of Tencent Cloud's documentation of the signature.
func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	s := signer{"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "cvm"}
	const body = `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	assert.Equal(t, "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064", hash(body))
	got := s.authorization([]header{{"content-type", "application/json; charset=utf-8"}, {"host", "cvm.tencentcloudapi.com"}}, body, time.Unix(1551113065, 0))
	assert.Equal(t, "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "+
		"Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168", got)
}
