package storetest

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/phoneauth/phoneauth"
)

// charging is a store that charges something else than was asked.
func charging(change func(s *reference, b *phoneauth.Budget, now time.Time)) func(*broken, *reference) {
	return beginning(func(s *reference, b *phoneauth.Begin) {
		b.Budgets = slices.Clone(b.Budgets)
		for i := range b.Budgets {
			change(s, &b.Budgets[i], b.Now)
		}
	})
}

var wrongScores = []wrongStore{
	{"a charge is one", "a budget is charged", charging(func(_ *reference, b *phoneauth.Budget, _ time.Time) { b.Add = min(b.Add, 1) })},
	{"a budget of one more", "a budget refuses beyond Max", charging(func(_ *reference, b *phoneauth.Budget, _ time.Time) { b.Max++ })},
	{"a refused charge counts", "a budget refuses beyond Max", refusing(func(s *reference, b phoneauth.Begin) {
		for _, budget := range b.Budgets {
			budget.Max = math.Inf(1)
			scores, _ := s.charge([]phoneauth.Budget{budget}, b.Now)
			maps.Copy(s.scores, scores)
		}
	})},
	{"a score rounds to even", "a budget rounds half away from zero", func(_ *broken, s *reference) { s.round = math.RoundToEven }},
	{"a score rounds half up", "a budget rounds half away from zero", func(_ *broken, s *reference) {
		s.round = func(x float64) float64 { return math.Floor(x + 0.5) }
	}},
	{"a score does not round", "a budget rounds half away from zero", func(_ *broken, s *reference) { s.round = func(x float64) float64 { return x } }},
	{"a score is cut", "a budget rounds half away from zero", func(_ *broken, s *reference) { s.round = math.Trunc }},
	{"what is owed stays", "what is owed fades", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 { return was.value }
	}},
	{"what is owed fades by halves", "what is owed fades", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			return was.value * math.Exp2(-float64(now.Sub(was.at))/float64(b.Owed))
		}
	}},
	{"what is owed fades in a straight line", "what is owed fades", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			return was.value * max(0, 1-float64(now.Sub(was.at))/float64(b.Owed))
		}
	}},
	{"what is earned fades like what is owed", "what is earned fades", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			b.Earned = b.Owed
			return faded(was, b, now)
		}
	}},
	{"a score fades by the sign of the change", "a score changes its sign", func(w *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			if b.Add > 0 {
				b.Earned = b.Owed
			}
			return faded(was, b, now)
		}
	}},
	{"a score grows when the time goes back", "a time before the last change fades nothing", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			eFold := b.Owed
			if was.value < 0 {
				eFold = b.Earned
			}
			return was.value * math.Exp(-float64(now.Sub(was.at))/float64(eFold))
		}
	}},
	{"a charge does not fade first", "a faded score is charged", charging(func(s *reference, b *phoneauth.Budget, now time.Time) {
		if was, ok := s.scores[b.Key]; ok && b.Max == 20 {
			s.scores[b.Key] = score{was.value, now}
		}
	})},
	{"RetryAfter of a budget falls short", "RetryAfter of a budget is enough", func(_ *broken, s *reference) {
		s.wait = func(value float64, b phoneauth.Budget) time.Duration { return untilAdmitted(value, b) - 2*tick }
	}},
	{"RetryAfter of a budget is until it is empty", "RetryAfter of a budget is enough", func(_ *broken, s *reference) {
		s.wait = func(_ float64, b phoneauth.Budget) time.Duration { return b.Owed }
	}},
	{"RetryAfter of a budget that never admits is none", "RetryAfter of a budget that never admits", func(_ *broken, s *reference) {
		s.wait = func(value float64, b phoneauth.Budget) time.Duration {
			return time.Duration(max(0, float64(b.Owed)*math.Log(value/max(b.Max+0.5-b.Add, 1e9))))
		}
	}},
	{"+Inf charges nothing", "a budget without Max", charging(func(_ *reference, b *phoneauth.Budget, _ time.Time) {
		if math.IsInf(b.Max, 1) {
			b.Add = 0
		}
	})},
	{"a score is forgotten after Owed", "a budget is kept long enough", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			if now.Sub(was.at) > b.Owed {
				return 0
			}
			return faded(was, b, now)
		}
	}},
	{"a score is forgotten after four times Earned", "a budget is kept long enough", func(_ *broken, s *reference) {
		s.fade = func(was score, b phoneauth.Budget, now time.Time) float64 {
			if now.Sub(was.at) > 4*b.Earned {
				return 0
			}
			return faded(was, b, now)
		}
	}},
	{"nothing is thinned", "a thinned change is weighted", func(_ *broken, s *reference) { s.weight = func(float64, phoneauth.Budget) float64 { return 1 } }},
	{"all is thinned", "a thinned change is weighted", func(_ *broken, s *reference) {
		s.weight = func(_ float64, b phoneauth.Budget) float64 { return b.Weight }
	}},
	{"Weight 0 is 1", "a thinned change of weight 0 is none", func(_ *broken, s *reference) {
		s.weight = func(value float64, b phoneauth.Budget) float64 {
			if b.Weight == 0 {
				return 1
			}
			return weight(value, b)
		}
	}},
	{"a score at Thin is thinned", "a score at Thin is not thinned", func(_ *broken, s *reference) {
		s.weight = func(value float64, b phoneauth.Budget) float64 { return weight(math.Nextafter(value, -1e9), b) }
	}},
	{"Thin looks at the score before it fades", "a score that faded above Thin is not thinned", func(_ *broken, s *reference) {
		s.weight = func(value float64, b phoneauth.Budget) float64 { return weight(min(value, s.scores[b.Key].value), b) }
	}},
	{"Thin 0 thins what is earned", "Thin 0 is never", func(_ *broken, s *reference) {
		s.weight = func(value float64, b phoneauth.Budget) float64 {
			if value < b.Thin {
				return b.Weight
			}
			return 1
		}
	}},
	{"all budgets are one", "budgets of other keys are apart", charging(func(_ *reference, b *phoneauth.Budget, _ time.Time) { b.Key = b.Key[:29] + "one" })},
}
