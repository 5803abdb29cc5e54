// Package failover sends through the first of several senders that accepts the message.
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
// The senders whose regions or prefixes match the number are tried in their order, one at a
// time. The result of each decides what follows:
//
//	accepted    no other is tried; Receipt.Sender is the Name of the sender
//	Permanent   no other is tried: the number receives no texts, or its owner wants none
//	Ambiguous   no other is tried: the text may have been sent, and a second one would cost
//	            twice. The user sees an error and asks again, which sends the same code
//	Temporary   the next one is tried, for every fault; after the last, the error is
//	            Temporary
//
// An error that is no *phoneauth.SendError counts as Ambiguous, of no known fault.
//
// A sender that does not support a message, as a phoneauth.Supporter says, is passed over, as if it
// did not serve the number. Verified codes are told to the sender that sent them, if it is a
// phoneauth.Verifier.
//
// # Time
//
// The time until the deadline of the context (10 s if it has none) is divided equally among the
// senders that are left. With two senders, the first has 5 s, and the second has the rest. So a
// connection that cannot be made leaves time for the next sender. A sender that takes a
// request and then hangs is Ambiguous: its user sees the error after 5 s instead of 10.
//
// # Breakers
//
// A breaker counts failures of the sender: those of FaultSender, and calls that used up their
// time, unless their error has FaultDestination. Config.Failures
// of them in a row, Temporary or Ambiguous, open it: for Config.Cooldown the sender is
// passed over without a call. Then one message is let through as a probe, while the
// others still pass it over: a success closes the breaker, a failure opens it anew. A
// RetryAfter of FaultSender opens it at once, for that long, at most a minute. When all
// that serve a number are open, the error is Temporary, at once.
//
// A failure of FaultDestination does not count, because anybody can ask for a text to a region
// that is not enabled. It does not reset the count either, and the next message becomes the
// probe. The same is true of a failure without a known fault: a sender that names no faults is
// passed over only when it uses up its time. Failures of destinations are not remembered: the
// next message to the same number tries the same senders again.
//
// # Receipts
//
// A sender may accept texts and not deliver them. [Sender.Report] therefore counts delivery
// reports: Delivered, and Undelivered of FaultSender. When at
// least half of the last 20 said Undelivered, the sender goes behind all others for
// Config.Demotion; then it starts afresh. A message counts once, however often it is
// reported, as far back as 1,024 messages. Missing reports are not counted.
//
// Reports of FaultDestination, such as of a phone that is off or a number that does not exist, are
// not counted. So texts to dead numbers demote no sender. Reports without a known fault, such as
// those of Kannel, are not counted either. A host that knows that such a report is its
// carrier's fault may set Delivery.Fault before it hands it to Report.
//
// All of this is kept by each Sender for itself, not shared between processes.
package failover
