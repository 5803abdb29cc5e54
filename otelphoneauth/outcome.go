package otelphoneauth

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"

	"github.com/phoneauth/phoneauth"
)

// outcome is what came of a work.
type outcome struct {
	// name, status and sender are attributes of span and duration, unless they are zero.
	name   string
	status int
	sender string
	// spanOnly are attributes of the span.
	spanOnly []attribute.KeyValue
	// fault, unless empty, is the class of what is broken: the span's status is then an
	// error. A refusal is no fault.
	fault string
}

// named returns the outcome of that name.
func named(name string) outcome { return outcome{name: name} }

// faulty returns the outcome of that name, which somebody should look at.
func faulty(name string) outcome { return outcome{name: name, fault: name} }

const (
	ok          = "ok"
	limited     = "limited"
	unavailable = "unavailable"
)

// answers are the errors that are one, in the order in which they are tried.
var answers = []struct {
	err  error
	name string
}{
	{phoneauth.ErrNotFound, "not_found"},
	{phoneauth.ErrMismatch, "mismatch"},
	{phoneauth.ErrStale, "stale"},
	{phoneauth.ErrReused, "reused"},
	{phoneauth.ErrBlocked, "blocked"},
	{phoneauth.ErrLocked, "locked"},
	{phoneauth.ErrPhoneTaken, "phone_taken"},
}

// refusals are the errors with which a Service refuses.
var refusals = append([]struct {
	err  error
	name string
}{
	{phoneauth.ErrRefused, "refused"}, // first: an error of the host's is wrapped beside it
	{phoneauth.ErrInvalidPhone, "invalid_phone"},
	{phoneauth.ErrInvalidCode, "invalid_code"},
	{phoneauth.ErrInvalidToken, "invalid_token"},
	{phoneauth.ErrInvalidPassword, "invalid_password"},
	{phoneauth.ErrUnauthenticated, "unauthenticated"},
	{phoneauth.ErrReauthenticate, "reauthenticate"},
	{phoneauth.ErrChannel, "channel"},
	{phoneauth.ErrDetails, "details"},
	{phoneauth.ErrPurpose, "purpose"},
}, answers...)

// storeOutcome returns what a verb of a store came to: "ok", an answer, or what is broken.
func (t *telemetry) storeOutcome(ctx context.Context, err error) outcome {
	if err == nil {
		return named(ok)
	}
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return named(a.name)
		}
	}
	if refused, is := errors.AsType[*phoneauth.LimitError](err); is {
		return t.limited(refused)
	}
	return broken(ctx, err)
}

// operationOutcome returns what a method of the Service came to.
func (t *telemetry) operationOutcome(ctx context.Context, err error) outcome {
	switch {
	case err == nil:
		return named(ok)
	case errors.Is(err, phoneauth.ErrUnavailable): // first: its cause is wrapped in it
		return broken(ctx, err)
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return named(r.name)
		}
	}
	if refused, is := errors.AsType[*phoneauth.LimitError](err); is {
		return t.limited(refused)
	}
	if _, is := errors.AsType[*phoneauth.HumanCheckError](err); is {
		return named("human_check")
	}
	if _, is := errors.AsType[*phoneauth.PasswordError](err); is {
		return named("password_policy")
	}
	return faulty(other)
}

func (t *telemetry) limited(refused *phoneauth.LimitError) outcome {
	o := named(limited)
	o.spanOnly = []attribute.KeyValue{keyLimit.String(t.limits.tell(refused.Limit, nameLike))}
	return o
}

// broken is "timeout" or "unavailable". When the caller has
// cancelled the context, it is "canceled" and no fault.
func broken(ctx context.Context, err error) outcome {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return named("canceled")
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		return faulty("timeout")
	}
	return faulty(unavailable)
}
