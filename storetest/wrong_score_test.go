package storetest

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// charging is a store that charges something else than was asked.
func charging(change func(s *byHand, c *phoneauth.Charge, now time.Time)) func(*broken, *byHand) {
	return taking(func(s *byHand, p *phoneauth.TakeParams) {
		for i := range p.Charges {
			change(s, &p.Charges[i], p.Now)
		}
	})
}

// fading is a store whose scores fade in another way.
func fading(faded func(was score, of phoneauth.Charge, since time.Duration) float64) func(*broken, *byHand) {
	return func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 { return faded(was, of, now.Sub(was.at)) }
	}
}

// weighing is a store that samples in another way.
func weighing(weight func(s *byHand, value float64, of phoneauth.Charge) float64) func(*broken, *byHand) {
	return func(_ *broken, s *byHand) {
		s.weight = func(value float64, of phoneauth.Charge) float64 { return weight(s, value, of) }
	}
}

// rounding is a store that rounds a score in another way.
func rounding(round func(float64) float64) func(*broken, *byHand) {
	return func(_ *broken, s *byHand) { s.round = round }
}

// waiting is a store whose refusals say another wait.
func waiting(wait func(was score, of phoneauth.Charge, now time.Time) time.Duration) func(*broken, *byHand) {
	return func(_ *broken, s *byHand) { s.wait = wait }
}

// creditingBack is a store that credits in another way in GiveBack.
func creditingBack(change func(s *byHand, c *phoneauth.Charge)) func(*broken, *byHand) {
	return giving(func(s *byHand, p *phoneauth.GiveBackParams) {
		for i := range p.Credits {
			change(s, &p.Credits[i])
		}
	})
}

var wrongScores = []wrongStore{
	{"a charge is one", "a charge raises the score", charging(func(_ *byHand, c *phoneauth.Charge, _ time.Time) { c.Amount = min(c.Amount, 1) })},
	{"a score of one more", "a charge is refused beyond Max", charging(func(_ *byHand, c *phoneauth.Charge, _ time.Time) { c.Max++ })},
	{"a refused charge counts", "a charge is refused beyond Max", taken(func(s *byHand, p phoneauth.TakeParams, err *error) {
		for _, c := range p.Charges {
			if c.Max = math.Inf(1); *err != nil {
				scores, _ := s.charged([]phoneauth.Charge{c}, p.Now)
				maps.Copy(s.scores, scores)
			}
		}
	})},
	{"a refused charge has no name", "a refused charge names its rule", charging(func(_ *byHand, c *phoneauth.Charge, _ time.Time) { c.Name = "score" })},
	{"a score rounds to even", "a score rounds half away from zero", rounding(math.RoundToEven)},
	{"a score rounds half up", "a score rounds half away from zero", rounding(func(x float64) float64 { return math.Floor(x + 0.5) })},
	{"a score does not round", "a score rounds half away from zero", rounding(func(x float64) float64 { return x })},
	{"a score is cut", "a score rounds half away from zero", rounding(math.Trunc)},
	{"a credit of GiveBack is a charge", "a credit lowers the score", creditingBack(func(_ *byHand, c *phoneauth.Charge) { c.Amount = -c.Amount })},
	{"GiveBack credits no score", "a credit lowers the score", giving(func(_ *byHand, p *phoneauth.GiveBackParams) { p.Credits = nil })},
	{"a credit ends at zero", "a credit lowers the score", creditingBack(func(s *byHand, c *phoneauth.Charge) { c.Amount = min(c.Amount, max(0, s.scores[c.Key].value)) })},
	{"a credit of GiveBack minds Max", "a credit has no Max", creditingBack(func(s *byHand, c *phoneauth.Charge) {
		if s.scores[c.Key].value > c.Max {
			c.Amount = 0
		}
	})},
	{"a debt stays", "a debt fades", fading(func(was score, _ phoneauth.Charge, _ time.Duration) float64 { return was.value })},
	{"a debt fades by halves", "a debt fades", fading(func(was score, of phoneauth.Charge, since time.Duration) float64 {
		return was.value * math.Exp2(-float64(since)/float64(of.DebtDecay))
	})},
	{"a debt fades in a straight line", "a debt fades", fading(func(was score, of phoneauth.Charge, since time.Duration) float64 {
		return was.value * max(0, 1-float64(since)/float64(of.DebtDecay))
	})},
	{"a credit fades like a debt", "a credit fades", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			of.CreditDecay = of.DebtDecay
			return faded(was, of, now)
		}
	}},
	{"a score fades by the sign of the change", "a score changes its sign", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			if of.Amount > 0 {
				of.CreditDecay = of.DebtDecay
			}
			return faded(was, of, now)
		}
	}},
	{"a score grows when the time goes back", "a time before the last change fades nothing", fading(func(was score, of phoneauth.Charge, since time.Duration) float64 {
		eFold := of.DebtDecay
		if was.value < 0 {
			eFold = of.CreditDecay
		}
		return was.value * math.Exp(-float64(since)/float64(eFold))
	})},
	{"the last change is the latest call", "a change with the time going back", func(_ *broken, s *byHand) {
		s.changedAt = func(_ score, now time.Time) time.Time { return now }
	}},
	{"a charge does not fade first", "a faded score is charged", charging(func(s *byHand, c *phoneauth.Charge, now time.Time) {
		if was, ok := s.scores[c.Key]; ok && c.Max == 20 {
			was.at = now
			s.scores[c.Key] = was
		}
	})},
	{"RetryAfter of a score falls short", "RetryAfter of a score is enough", waiting(func(was score, of phoneauth.Charge, now time.Time) time.Duration {
		return untilAdmitted(was, of, now) - 2*tick
	})},
	{"RetryAfter of a score is until it is empty", "RetryAfter of a score is enough", waiting(func(_ score, of phoneauth.Charge, _ time.Time) time.Duration { return of.DebtDecay })},
	{"RetryAfter of a score starts before the last change", "RetryAfter of a score with the time going back", waiting(func(was score, of phoneauth.Charge, now time.Time) time.Duration {
		return untilAdmitted(was, of, later(was.at, now))
	})},
	{"RetryAfter of a score has no end", "RetryAfter of a score is no longer than its life", waiting(func(was score, of phoneauth.Charge, now time.Time) time.Duration {
		was.forget = now.AddDate(100, 0, 0)
		return untilAdmitted(was, of, now)
	})},
	{"RetryAfter of a charge that is never admitted is a day", "RetryAfter of a charge that is never admitted", waiting(func(was score, of phoneauth.Charge, now time.Time) time.Duration {
		if of.Max < of.Amount {
			return 24 * time.Hour
		}
		return untilAdmitted(was, of, now)
	})},
	{"RetryAfter of a charge that is never admitted ignores the last change", "RetryAfter of a charge that is never admitted", waiting(func(was score, of phoneauth.Charge, now time.Time) time.Duration {
		if of.Max < of.Amount {
			return life(of)
		}
		return untilAdmitted(was, of, now)
	})},
	{"+Inf charges nothing", "a score without Max", charging(func(_ *byHand, c *phoneauth.Charge, _ time.Time) {
		if math.IsInf(c.Max, 1) {
			c.Amount = 0
		}
	})},
	{"a score is forgotten after DebtDecay", "a score is kept long enough", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			if now.Sub(was.at) > of.DebtDecay {
				return 0
			}
			return faded(was, of, now)
		}
	}},
	{"a score is forgotten after four times CreditDecay", "a score is kept long enough", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			if now.Sub(was.at) > 4*of.CreditDecay {
				return 0
			}
			return faded(was, of, now)
		}
	}},
	{"a score is never forgotten", "a score is forgotten", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			was.forget = now.Add(time.Hour)
			return faded(was, of, now)
		}
	}},
	{"a score is forgotten a microsecond late", "a score is forgotten", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			was.forget = was.forget.Add(tick)
			return faded(was, of, now)
		}
	}},
	{"e-fold times are cut to microseconds", "a score rounds its e-fold times up", func(_ *broken, s *byHand) {
		s.faded = func(was score, of phoneauth.Charge, now time.Time) float64 {
			was.forget = was.at.Add(4 * max(of.DebtDecay, of.CreditDecay).Truncate(tick))
			return faded(was, of, now)
		}
	}},
	{"nothing is sampled", "a sampled change is weighted", weighing(func(*byHand, float64, phoneauth.Charge) float64 { return 1 })},
	{"all is sampled", "a sampled change is weighted", weighing(func(_ *byHand, _ float64, of phoneauth.Charge) float64 { return of.SampleWeight })},
	{"SampleWeight 0 is 1", "a sampled change of weight 0 is none", weighing(func(_ *byHand, value float64, of phoneauth.Charge) float64 {
		if of.SampleWeight == 0 {
			return 1
		}
		return weight(value, of)
	})},
	{"a sampled charge is refused by its weight", "a sampled charge is refused by its Amount", charging(func(s *byHand, c *phoneauth.Charge, now time.Time) {
		if c.SampleBelow != 0 && s.faded(s.scores[c.Key], *c, now) < c.SampleBelow {
			c.Amount *= c.SampleWeight
			c.SampleBelow = 0
		}
	})},
	{"a score at SampleBelow is sampled", "a score at SampleBelow is not sampled", weighing(func(_ *byHand, value float64, of phoneauth.Charge) float64 {
		return weight(math.Nextafter(value, -1e9), of)
	})},
	{"sampling looks at the score before it fades", "a score that faded above SampleBelow is not sampled", weighing(func(s *byHand, value float64, of phoneauth.Charge) float64 {
		return weight(min(value, s.scores[of.Key].value), of)
	})},
	{"SampleBelow 0 samples credits", "SampleBelow 0 turns sampling off", weighing(func(_ *byHand, value float64, of phoneauth.Charge) float64 {
		if value < of.SampleBelow {
			return of.SampleWeight
		}
		return 1
	})},
	{"all scores are one", "scores of other keys are apart", charging(func(_ *byHand, c *phoneauth.Charge, _ time.Time) {
		if c.Name != "stopper" {
			c.Key = c.Key[:29] + "one"
		}
	})},
	{"a score twice in a call is charged once", "one score twice in a call", taking(func(_ *byHand, p *phoneauth.TakeParams) {
		p.Charges = slices.CompactFunc(p.Charges, func(x, y phoneauth.Charge) bool { return x.Key == y.Key })
	})},
	{"charges are made though one is refused", "limits and scores are taken all or none", taken(func(s *byHand, p phoneauth.TakeParams, err *error) {
		for _, c := range p.Charges {
			if *err != nil {
				s.TakeLimits(ctx, phoneauth.TakeParams{Charges: []phoneauth.Charge{c}, Now: p.Now})
			}
		}
	})},
	{"takes are kept when a charge is refused", "limits and scores are taken all or none", oneByOne},
	{"charges are refused before takes", "a take refuses before a charge", func(w *broken, s *byHand) {
		w.takeLimits = func(p phoneauth.TakeParams) error {
			if _, err := s.charged(p.Charges, p.Now); err != nil {
				return err
			}
			return s.TakeLimits(ctx, p)
		}
	}},
	{"GiveBack gives takes or scores", "GiveBack gives takes and scores back", giving(func(_ *byHand, p *phoneauth.GiveBackParams) {
		if len(p.Takes) > 0 {
			p.Credits = nil
		}
	})},
}
