package otelphoneauth

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/phoneauth/phoneauth"
)

// sender is an SMSSender with spans and durations.
type sender struct {
	t    *telemetry
	next phoneauth.SMSSender
}

// Supports asks the sender, if it is a phoneauth.Supporter.
func (s *sender) Supports(m phoneauth.Message) bool {
	next, is := s.next.(phoneauth.Supporter)
	return !is || next.Supports(m)
}

// verifier is a sender that is a phoneauth.Verifier, because the one inside is. For any other the Service
// would remember each code.
type verifier struct {
	sender
	phoneauth.Verifier
}

// sender returns s with spans and durations.
func (t *telemetry) sender(s phoneauth.SMSSender) phoneauth.SMSSender {
	if v, is := s.(phoneauth.Verifier); is {
		return &verifier{sender{t, s}, v}
	}
	return &sender{t, s}
}

func (s *sender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	purpose := s.t.purposes.tell(string(m.Purpose), nameLike)
	channel := ""
	if m.Channel != "" {
		channel = s.t.channels.tell(m.Channel, nameLike)
	}
	w := s.t.sends.of([2]string{purpose, channel}, func() *work {
		var attrs []attribute.KeyValue
		if channel != "" {
			attrs = append(attrs, keyChannel.String(channel))
		}
		return newWork("phoneauth.send", trace.SpanKindClient, s.t.sendDuration, keyPurpose.String(purpose), attrs...)
	})
	return run(ctx, s.t, w,
		func(ctx context.Context) (phoneauth.Receipt, error) { return s.next.Send(ctx, m) },
		s.outcome)
}

// outcome returns "ok" or the class of the failure. A failed send may have no sender name.
func (s *sender) outcome(_ context.Context, r phoneauth.Receipt, err error) outcome {
	o := named(ok)
	if err != nil {
		failed, known := errors.AsType[*phoneauth.SendError](err)
		if !known {
			failed = &phoneauth.SendError{Class: phoneauth.Ambiguous}
		}
		o = faulty(class(failed.Class))
		if failed.Fault != "" {
			o.spanOnly = append(o.spanOnly, keySendFault.String(fault(failed.Fault)))
		}
		if failed.Code != "" {
			o.spanOnly = append(o.spanOnly, keySendCode.String(sendCode(failed.Code)))
		}
	}
	if r.Sender != "" {
		o.sender = s.t.senders.tell(r.Sender, nameLike)
	}
	return o
}

// class returns c if it is one of the classes of package phoneauth.
func class(c phoneauth.SendClass) string {
	switch c {
	case phoneauth.Permanent, phoneauth.Temporary, phoneauth.Ambiguous:
		return string(c)
	}
	return other
}

// fault returns f if it is one of the faults of package phoneauth.
func fault(f phoneauth.SendFault) string {
	switch f {
	case phoneauth.FaultDestination, phoneauth.FaultSender:
		return string(f)
	}
	return other
}
