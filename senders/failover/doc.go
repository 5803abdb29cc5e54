// Package failover sends through the first of several senders that will.
//
//	sender, err := failover.New(failover.Config{Senders: []failover.Entry{
//		{Name: "kannel", Sender: kannelSender, Regions: []string{"EG"}},
//		{Name: "twilio", Sender: twilioSender},
//	}})
//	svc, err := phoneauth.New(phoneauth.Config{Sender: sender, …})
//	report := func(ctx context.Context, d phoneauth.Delivery) {
//		sender.Report(ctx, d)
//		svc.ReportDelivery(ctx, d)
//	}
//	mux.Handle("/kannel/{secret}", kannelSender.Callbacks(report))
//
// # What is tried
//
// The senders whose regions or prefixes match the number, in their order, one at a time:
//
//	accepted    ends it; Receipt.Sender is the Name of who accepted
//	Permanent   ends it: nobody can reach this number
//	Ambiguous   ends it: the text may have gone, and a second one would cost twice. The
//	            user sees an error and asks again, which sends the same code
//	Temporary   the next one is tried; after the last, the error is Temporary
//
// An error that is no *phoneauth.SendError counts as Ambiguous.
//
// # Time
//
// What remains until the deadline of the context (10 s if it has none) is shared out
// equally: with two senders, the first has 5 s, and the second what the first left. So
// a connection that cannot be made leaves time for the next. A sender that takes a
// request and then hangs is Ambiguous: its user sees the error after 5 s instead of 10.
//
// # Breakers
//
// Config.Failures in a row, Temporary or Ambiguous, open the breaker of a sender: for
// Config.Cooldown it is passed over without a call. Then one message is let through as a
// probe, while the others still pass it over: a success closes the breaker, a failure
// opens it anew. A RetryAfter opens it at once, for that long, at most a minute. When all
// that serve a number are open, the error is Temporary, at once.
//
// # Receipts
//
// A sender that accepts texts and does not deliver them has no failures. [Sender.Report]
// therefore counts delivery reports: when at least half of the last 20 said Undelivered,
// the sender goes behind all others for Config.Demotion; then it starts afresh. Reports
// that never come count for nothing.
//
// All of this is kept by each Sender for itself, not shared between processes.
package failover
