package promises

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// trace is what a Service did, as somebody could tell who measures it: the verbs with the
// shape of what they were asked, the texts, the hashes, and the shape of the answer.
type trace struct {
	mu    sync.Mutex
	steps []string
	on    bool
}

func (svc *trace) add(format string, args ...any) {
	svc.mu.Lock()
	defer svc.mu.Unlock()
	if svc.on {
		svc.steps = append(svc.steps, fmt.Sprintf(format, args...))
	}
}

// shape is v without what differs from number to number: texts and bytes are their
// lengths, times whether they are set.
func shape(v any) string {
	var b strings.Builder
	writeShape(&b, "", reflect.ValueOf(v))
	return b.String()
}

func writeShape(b *strings.Builder, name string, v reflect.Value) {
	switch x := v.Interface().(type) {
	case time.Time:
		fmt.Fprintf(b, "set:%t", !x.IsZero())
		return
	case phoneauth.Phone:
		b.WriteString("phone")
		return
	case []byte:
		fmt.Fprintf(b, "%d bytes", len(x))
		return
	}
	switch v.Kind() {
	case reflect.Float64:
		fmt.Fprint(b, v)
	case reflect.String:
		switch {
		case name == "Name" || name == "Limit" || name == "Purpose":
			b.WriteString(v.String())
		case strings.HasPrefix(v.String(), "{"): // a key: its kind, and its length
			_, kind, _ := strings.Cut(v.String(), "}")
			fmt.Fprintf(b, "key %c of %d", kind[0], v.Len())
		default:
			fmt.Fprintf(b, "%d characters", v.Len())
		}
	case reflect.Struct:
		b.WriteString("{")
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.Name != "SampleWeight" { // at random, for all
				fmt.Fprintf(b, "%s: ", field.Name)
				writeShape(b, field.Name, v.Field(i))
				b.WriteString(" ")
			}
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString("[")
		for i := range v.Len() {
			writeShape(b, name, v.Index(i))
			b.WriteString(" ")
		}
		b.WriteString("]")
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		writeShape(b, name, v.Elem())
	default:
		fmt.Fprint(b, v.Interface())
	}
}

// tracedSender notes texts, and can hold them up.
type tracedSender struct {
	phoneauth.SMSSender
	trace *trace
	hold  chan struct{}
}

func (s tracedSender) Send(ctx context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	if s.hold != nil {
		<-s.hold
	}
	s.trace.add("send %s, %d characters", m.Purpose, len(m.Body))
	return s.SMSSender.Send(ctx, m)
}

// alikeFlow is one of them.
type alikeFlow struct {
	name  string
	setUp func(t testing.TB, svc *suite.Service, phone string)
	after bool // the text leaves after the answer, and only to known numbers
	two   bool // there are two channels
	times int
	do    func(t testing.TB, svc *suite.Service, phone string) (any, error)
}

// alike are the flows that must not tell known numbers from unknown ones. Each is done
// several times in a row, so that limits and locks come into it too.
var alike = []alikeFlow{
	{
		name: "Register", times: 3,
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Client: alikeClient})
		},
	},
	{
		name: "Register, password reset", after: true, times: 3,
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: alikeClient})
		},
	},
	{
		name: "Register, password reset by the second channel", after: true, two: true, times: 3,
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.Register(t.Context(), phoneauth.RegisterRequest{
				Phone: phone, Purpose: phoneauth.PurposePasswordReset, Channel: "whatsapp", Client: alikeClient,
			})
		},
	},
	{
		name: "RecoverPassword, a code never sent", times: 3,
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: "000000", Password: "new password", Client: alikeClient})
		},
	},
	{
		name: "RecoverPassword, a wrong code", times: 12,
		setUp: func(t testing.TB, svc *suite.Service, phone string) {
			_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{Phone: phone, Purpose: phoneauth.PurposePasswordReset, Client: alikeClient})
			require.NoError(t, err)
		},
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.RecoverPassword(t.Context(), phoneauth.RecoverRequest{Phone: phone, Code: wrongFor(svc, phone), Password: "new password", Client: alikeClient})
		},
	},
	{
		name: "Login by password", times: 12,
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.LoginPassword(t.Context(), phoneauth.PasswordLoginRequest{Phone: phone, Password: "wrong horse", Client: alikeClient})
		},
	},
	{
		name: "Login by a wrong code", times: 7,
		setUp: func(t testing.TB, svc *suite.Service, phone string) { svc.SendCode(phone) },
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.Login(t.Context(), phoneauth.LoginRequest{Phone: phone, Code: wrongFor(svc, phone), Client: alikeClient})
		},
	},
	{
		name: "Verify, a wrong code", times: 7,
		setUp: func(t testing.TB, svc *suite.Service, phone string) { svc.SendCode(phone) },
		do: func(t testing.TB, svc *suite.Service, phone string) (any, error) {
			return svc.Verify(t.Context(), phoneauth.VerifyRequest{Phone: phone, Code: wrongFor(svc, phone), Client: alikeClient})
		},
	},
}

var alikeClient = suite.FreshClient()

// wrongFor is not the code that phone was sent, if it was sent one.
func wrongFor(svc *suite.Service, phone string) string {
	if m, ok := svc.Inbox.Last(phone); ok && m.Code != "" {
		return suite.WrongCode(string(m.Code))
	}
	return "000000"
}

// testPromiseKnownAndUnknown is not parallel: it counts hashes by what they allocate.
func testPromiseKnownAndUnknown(t *testing.T, o suite.Options) {
	for _, flow := range alike {
		for _, c := range []struct {
			hook bool
			sent int // in the block before, of the 20 that it may owe
		}{{false, 0}, {true, 0}, {false, 10}, {false, 20}} {
			hook := c.hook
			if c != (struct {
				hook bool
				sent int
			}{}) && !strings.HasPrefix(flow.name, "Register") {
				continue // it is about sends only
			}
			t.Run(fmt.Sprintf("%s, hook %t, %d sent", flow.name, hook, c.sent), func(t *testing.T) {
				kinds := []struct {
					name string
					seed func(t testing.TB, svc *suite.Service, phone string)
				}{
					{"unknown", func(testing.TB, *suite.Service, string) {}},
					{"known", func(t testing.TB, svc *suite.Service, phone string) {
						svc.SeedUser(phone, suite.TodaysHash())
					}},
					{"without a password", func(t testing.TB, svc *suite.Service, phone string) { svc.SeedUser(phone, "") }},
					{"blocked", func(t testing.TB, svc *suite.Service, phone string) {
						user := svc.SeedUser(phone, suite.TodaysHash())
						blocked := true
						_, err := svc.Store.UpdateUser(t.Context(), phoneauth.UserUpdate{
							UserID: user.ID, Blocked: &blocked, Epoch: phoneauth.AnyEpoch, Now: time.Now(),
						})
						require.NoError(t, err)
					}},
				}
				var traces [4][]string
				for i, kind := range kinds {
					synctest.Test(t, func(t *testing.T) {
						var steps trace
						var sender *tracedSender
						spied := &suite.Spied{Store: o.Store(t), Before: func(_ context.Context, verb string, asked ...any) error {
							steps.add("%s %s", verb, shape(asked))
							return nil
						}}
						store := spied.Opener()
						if hook { // then with a store that has the verbs alone
							store = spied
						}
						svc := suite.InBubble(t, store, func(c *phoneauth.Config) {
							sender = &tracedSender{SMSSender: c.Sender, trace: &steps}
							c.Sender = sender
							if flow.two {
								c.Channels = []phoneauth.Channel{{Name: "sms", Sender: sender}, {Name: "whatsapp", Sender: sender}}
							}
							if hook {
								c.Hooks.BeforeSend = func(context.Context, phoneauth.SendInfo) error { steps.add("BeforeSend"); return nil }
							}
						})
						phone := "+20106179784" + fmt.Sprint(i)
						kind.seed(t, svc, phone)
						if flow.setUp != nil {
							flow.setUp(t, svc, phone)
							synctest.Wait()
						}
						fillBlock(t, svc, flow.after, c.sent)
						before := svc.Inbox.Sends()
						if flow.after {
							sender.hold = make(chan struct{}) // if the answer waited for it, it would hang
						}
						for range flow.times {
							steps.on = true
							hashes := suite.HashesDuring(func() {
								answer, err := flow.do(t, svc, phone)
								synctest.Wait() // what comes after the answer may be done by then, or not
								steps.add("answer %s, %s", answerShape(answer, err), told(err))
							})
							steps.add("%d hashes", hashes)
							steps.on = false
							svc.Elapse(61 * time.Second)
						}
						traces[i] = steps.steps
						if sender.hold != nil {
							close(sender.hold)
							synctest.Wait()
							sent := (kind.name == "known" || kind.name == "without a password") && c.sent < 20
							assert.Equal(t, sent, svc.Inbox.Sends() > before)
						}
					})
				}
				require.NotEmpty(t, traces[0])
				for i := 1; i < len(kinds); i++ {
					assertSameTrace(t, traces[0], traces[i], kinds[i].name)
				}
			})
		}
	}
}

// fillBlock sends so many codes to numbers of the block that the flows are about, for signing
// in or for resets.
func fillBlock(t testing.TB, svc *suite.Service, resets bool, codes int) {
	t.Helper()
	purpose := phoneauth.PurposeSignIn
	if resets {
		purpose = phoneauth.PurposePasswordReset
	}
	for i := range codes {
		_, err := svc.Register(t.Context(), phoneauth.RegisterRequest{
			Phone: fmt.Sprintf("+20106179%04d", i), Purpose: purpose, Client: suite.FreshClient(),
		})
		require.NoError(t, err)
	}
	synctest.Wait() // for what leaves after its answer
}

// assertSameTrace shows the first step that differs.
func assertSameTrace(t *testing.T, unknown, other []string, kind string) {
	t.Helper()
	for i, step := range unknown {
		if i >= len(other) || step != other[i] {
			assert.Equal(t, unknown[i], strings.Join(other[min(i, len(other)):min(i+1, len(other))], ""), "unknown, and %s: step %d", kind, i)
			return
		}
	}
	assert.Len(t, other, len(unknown), "unknown, and %s", kind)
}

func answerShape(answer any, err error) string {
	if v := reflect.ValueOf(answer); err != nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return "none"
	}
	return shape(answer)
}

// told is what a client hears of err.
func told(err error) string { return fmt.Sprintf("%q", fmt.Sprint(err)) }

// testPromiseTiming runs before a release: 1,000 answers for known numbers and 1,000 for
// unknown ones cannot be told apart by their time.
func testPromiseTiming(t *testing.T, o suite.Options) {
	if !suite.Release() {
		t.Skip("a matter of minutes: PHONEAUTH_RELEASE=1")
	}
	for _, flow := range alike {
		for name, most := range map[string]int{"full": 1e9, "half": 4 * samples, "dry": 1} {
			t.Run(flow.name+", budgets "+name, func(t *testing.T) { timing(t, o.Store(t), flow, most) })
		}
	}
}

const samples = 1000

// timing takes the times of a flow for known and unknown numbers, all of one country, which
// may owe so many codes. They come in a random order: strictly in turn, a garbage collection
// of every second hash would always meet the same kind.
func timing(t *testing.T, store phoneauth.Store, flow alikeFlow, most int) {
	svc := suite.On(t, store, suite.Loose, suite.NoEvents, func(c *phoneauth.Config) { c.Limits.Country = most })
	var took [2][]float64
	for _, i := range rand.Perm(2 * samples) {
		known := i % 2
		phone := suite.FreshPhone()
		user := phone
		if known == 0 {
			user = suite.FreshPhone() // another's: what a write leaves warm is the same for both kinds
		}
		svc.SeedUser(user, suite.TodaysHash())
		if flow.setUp != nil && most > 1 {
			flow.setUp(t, svc, phone)
		}
		start := time.Now()
		_, err := flow.do(t, svc, phone)
		took[known] = append(took[known], float64(time.Since(start)))
		require.False(t, errors.Is(err, phoneauth.ErrUnavailable), "%v", err)
	}
	require.NoError(t, svc.Close(t.Context()))
	area := auc(took[0], took[1])
	t.Logf("AUC %.3f", area)
	assert.InDelta(t, 0.5, area, 0.05)
}

// auc is the chance that one of b is larger than one of a: 0.5 when nothing tells them
// apart.
func auc(a, b []float64) float64 {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	var wins float64
	for _, x := range b {
		below := sort.SearchFloat64s(a, x)
		same := sort.Search(len(a), func(i int) bool { return a[i] > x }) - below
		wins += float64(below) + float64(same)/2
	}
	return wins / float64(len(a)*len(b))
}
