package awssms

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sms "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// AWS says where and as whom to send, in [Config], [NotifyConfig] and [VoiceConfig].
type AWS struct {
	// Config has the region and the credentials, as config.LoadDefaultConfig of the AWS SDK
	// makes it. Its HTTPClient, Retryer and BaseEndpoint are not used. Required.
	Config aws.Config
	// BaseURL is the address of the API, for tests and for VPC endpoints. Empty means that of
	// the region.
	BaseURL string
	// Client makes the requests. Redirects are not followed, whatever it says. Its
	// transport must not repeat requests by itself, because a text could then be sent
	// twice. Nil means a client that keeps connections, gives up a dial after 5 s, and
	// uses no proxy.
	Client *http.Client
}

// faults returns the faults of a.
func (a AWS) faults() (all []string) {
	if a.Config.Region == "" {
		all = append(all, "AWS.Config must have a Region")
	}
	if a.Config.Credentials == nil {
		all = append(all, "AWS.Config must have Credentials")
	}
	if _, ok := httpsend.BaseURL(a.BaseURL, ""); a.BaseURL != "" && !ok {
		all = append(all, "AWS."+httpsend.BadBaseURL)
	}
	return all
}

// client returns a client of the SDK that makes each request at most once.
func (a AWS) client() *sms.Client {
	return sms.NewFromConfig(a.Config, func(o *sms.Options) {
		o.Retryer = aws.NopRetryer{}
		o.HTTPClient = once{httpsend.Client(a.Client)}
		if a.BaseURL != "" {
			o.BaseEndpoint = aws.String(strings.TrimRight(a.BaseURL, "/"))
		}
	})
}

// once makes the requests of the SDK by httpsend, so that they have its deadline, bounds and
// classes. The SDK replaces errors, so they travel in an exchange.
type once struct{ client *http.Client }

// exchange is what became of a request: nothing, a failure or an answer.
type exchange struct {
	failed *phoneauth.SendError
	answer *httpsend.Response
}

type exchangeKey struct{}

var errBroken = errors.New("awssms: no answer")

// Do makes one request.
func (o once) Do(r *http.Request) (*http.Response, error) {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		return nil, errBroken
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, errBroken
		}
	}
	answer, err := httpsend.Post(r.Context(), o.client, r.URL.String(), string(body), func(req *http.Request) {
		req.Header = r.Header.Clone()
	})
	if err != nil {
		x.failed, _ = errors.AsType[*phoneauth.SendError](err)
		return nil, errBroken
	}
	x.answer = answer
	return &http.Response{
		StatusCode: answer.Status, Status: http.StatusText(answer.Status), Header: answer.Header,
		Body: io.NopCloser(strings.NewReader(string(answer.Body))), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(answer.Body)),
	}, nil
}

var errRequest = errors.New("request cannot be made")

// call runs a call of the SDK within 10 s if ctx has no deadline, and returns its error as a
// *phoneauth.SendError, or nil. An answer of success that cannot be read is success.
func call(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := httpsend.Deadline(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return &phoneauth.SendError{Class: phoneauth.Temporary, Err: err}
	}
	x := &exchange{}
	err := do(context.WithValue(ctx, exchangeKey{}, x))
	switch {
	case err == nil || x.answer != nil && x.answer.OK():
		return nil
	case x.failed != nil:
		return x.failed
	case x.answer != nil:
		return refusal(x.answer, err)
	}
	// No request was made: no credentials, or a field that the SDK refuses. The error may
	// quote either.
	failed := &phoneauth.SendError{Class: phoneauth.Temporary, Fault: phoneauth.FaultSender, Err: errRequest}
	if errors.Is(ctx.Err(), context.Canceled) {
		failed.Fault, failed.Err = "", ctx.Err()
	}
	return failed
}
