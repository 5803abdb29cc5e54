package service

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/cputime"
	"github.com/phoneauth/phoneauth/internal/suite"
	"github.com/phoneauth/phoneauth/memstore"
)

// The figures of docs/performance.md:
//
//	go test -run '^$' -bench 'Flow|Method|Unavoidable' -benchtime 20000x -count 3 ./internal/suite/service
//	go test -run '^$' -bench Password -benchtime 20x ./internal/suite/service

// discard is a sender that keeps the last code.
type discard struct{ code string }

func (d *discard) Send(_ context.Context, m phoneauth.Message) (phoneauth.Receipt, error) {
	d.code = string(m.Code)
	return phoneauth.Receipt{}, nil
}

// bencher is a Service on memory with all limits on, and a sender that discards.
type bencher struct {
	*phoneauth.Service
	store  phoneauth.Store
	sender discard
}

// seen is how many numbers there were, in all benchmarks: the process remembers those that it has read.
var seen int

// bench times f, and counts the verbs of one call of it. ready is what f is given, made
// before the clock runs.
func bench[T any](b *testing.B, name string, ready func(*bencher) T, f func(*bencher, T) error) {
	b.Run(name, func(b *testing.B) {
		verbs := 0
		spied := &suite.Spied{Store: bigStore(), Before: func(context.Context, string, ...any) error { verbs++; return nil }}
		counted := newBencher(b, spied.Opener())
		prepared := ready(counted)
		verbs = 0
		require.NoError(b, f(counted, prepared))

		s := newBencher(b, bigStore())
		all := make([]T, b.N)
		for i := range all {
			all[i] = ready(s)
		}
		b.ReportAllocs()
		b.ResetTimer()
		cpu := cputime.Used()
		for _, made := range all {
			if err := f(s, made); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(cputime.Used()-cpu)/float64(b.N), "cpu-ns/op")
		b.ReportMetric(float64(verbs), "verbs/op")
	})
}

// bigStore has room for whatever a benchmark runs.
func bigStore() phoneauth.Store {
	return memstore.New(memstore.MaxRecords(1<<40), memstore.MaxBytes(1<<50))
}

func newBencher(b *testing.B, store phoneauth.Store, change ...func(*phoneauth.Config)) *bencher {
	s := &bencher{store: store}
	cfg := phoneauth.Config{
		Store: store, Sender: &s.sender, Keys: suite.Keys(), Logger: slog.New(slog.DiscardHandler),
		// As asked and as taken as the defaults, but codes that are never verified do not
		// run them dry.
		Limits: phoneauth.Limits{Block: 1e9, WideBlock: 1e9, Country: 1e9},
	}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	s.Service, err = phoneauth.New(cfg)
	require.NoError(b, err)
	return s
}

// someone is a number and an address that were not seen before.
type someone struct {
	phone  string
	client phoneauth.ClientInfo
}

func (s *bencher) someone() someone {
	seen++
	digits := strconv.Itoa(100_000_000 + seen*10_007%100_000_000)
	return someone{
		phone:  "+2010" + digits[1:],
		client: phoneauth.ClientInfo{Addr: netip.AddrFrom4([4]byte{byte(seen >> 24), byte(seen >> 16), byte(seen >> 8), byte(seen)})},
	}
}

// pending is somebody who was sent a code.
type pending struct {
	someone
	session phoneauth.Secret
	code    string
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (s *bencher) pending() pending {
	w := s.someone()
	p := must(s.Register(context.Background(), phoneauth.RegisterRequest{Phone: w.phone, Client: w.client}))
	return pending{w, p.ChallengeToken, s.sender.code}
}

func (s *bencher) proof() phoneauth.Secret {
	p := s.pending()
	return must(s.Verify(context.Background(), phoneauth.VerifyRequest{Phone: p.phone, Code: p.code, Client: p.client})).Token
}

func (s *bencher) session() *phoneauth.Session {
	p := s.pending()
	return must(s.Login(context.Background(), phoneauth.LoginRequest{Phone: p.phone, Code: p.code, Client: p.client}))
}

// BenchmarkFlow is whole sign-ins. A flow of two requests has twice the time of one.
func BenchmarkFlow(b *testing.B) {
	ctx := context.Background()
	bench(b, "Register+Login", (*bencher).someone, func(s *bencher, w someone) error {
		if _, err := s.Register(ctx, phoneauth.RegisterRequest{Phone: w.phone, Client: w.client}); err != nil {
			return err
		}
		_, err := s.Login(ctx, phoneauth.LoginRequest{Phone: w.phone, Code: s.sender.code, Client: w.client})
		return err
	})
	bench(b, "Register+Login_by_token", (*bencher).someone, func(s *bencher, w someone) error {
		p, err := s.Register(ctx, phoneauth.RegisterRequest{Phone: w.phone, Client: w.client})
		if err != nil {
			return err
		}
		_, err = s.Login(ctx, phoneauth.LoginRequest{ChallengeToken: p.ChallengeToken, Code: s.sender.code, Client: w.client})
		return err
	})
	bench(b, "Register+Verify+Connect", (*bencher).someone, func(s *bencher, w someone) error {
		p, err := s.Register(ctx, phoneauth.RegisterRequest{Phone: w.phone, Client: w.client})
		if err != nil {
			return err
		}
		proof, err := s.Verify(ctx, phoneauth.VerifyRequest{Phone: w.phone, ChallengeToken: p.ChallengeToken, Code: s.sender.code, Client: w.client})
		if err != nil {
			return err
		}
		_, err = s.Connect(ctx, phoneauth.ConnectRequest{Phone: w.phone, Token: proof.Token, Client: w.client})
		return err
	})
}

// BenchmarkMethod is each method alone.
func BenchmarkMethod(b *testing.B) {
	ctx := context.Background()
	bench(b, "Register", (*bencher).someone, func(s *bencher, w someone) error {
		_, err := s.Register(ctx, phoneauth.RegisterRequest{Phone: w.phone, Client: w.client})
		return err
	})
	bench(b, "Verify", (*bencher).pending, func(s *bencher, p pending) error {
		_, err := s.Verify(ctx, phoneauth.VerifyRequest{Phone: p.phone, Code: p.code, Client: p.client})
		return err
	})
	bench(b, "Verify_by_token", (*bencher).pending, func(s *bencher, p pending) error {
		_, err := s.Verify(ctx, phoneauth.VerifyRequest{ChallengeToken: p.session, Code: p.code, Client: p.client})
		return err
	})
	bench(b, "Verify_wrong_code", (*bencher).pending, func(s *bencher, p pending) error {
		_, _ = s.Verify(ctx, phoneauth.VerifyRequest{ChallengeToken: p.session, Code: suite.WrongCode(p.code), Client: p.client})
		return nil
	})
	bench(b, "Connect", (*bencher).proof, func(s *bencher, token phoneauth.Secret) error {
		_, err := s.Connect(ctx, phoneauth.ConnectRequest{Token: token})
		return err
	})
	bench(b, "Login", (*bencher).pending, func(s *bencher, p pending) error {
		_, err := s.Login(ctx, phoneauth.LoginRequest{Phone: p.phone, Code: p.code, Client: p.client})
		return err
	})
	bench(b, "Login_by_token", (*bencher).pending, func(s *bencher, p pending) error {
		_, err := s.Login(ctx, phoneauth.LoginRequest{ChallengeToken: p.session, Code: p.code, Client: p.client})
		return err
	})
	bench(b, "Refresh", (*bencher).session, func(s *bencher, session *phoneauth.Session) error {
		_, err := s.Refresh(ctx, phoneauth.RefreshRequest{Token: session.RefreshToken})
		return err
	})
	bench(b, "Authenticate", (*bencher).session, func(s *bencher, session *phoneauth.Session) error {
		_, err := s.Authenticate(ctx, session.AccessToken)
		return err
	})
	bench(b, "Logout", (*bencher).session, func(s *bencher, session *phoneauth.Session) error {
		return s.Logout(ctx, session.RefreshToken)
	})
	bench(b, "Connect_junk", func(*bencher) phoneauth.Secret { return "junk" }, func(s *bencher, token phoneauth.Secret) error {
		_, _ = s.Connect(ctx, phoneauth.ConnectRequest{Token: token})
		return nil
	})
}

// BenchmarkPassword is apart: it is one argon2id hash, and little else.
func BenchmarkPassword(b *testing.B) {
	ctx := context.Background()
	bench(b, "Login_by_password", func(s *bencher) someone {
		w := s.someone()
		suite.SeedUser(b, s.store, w.phone, suite.TodaysHash(), time.Now().UTC())
		return w
	}, func(s *bencher, w someone) error {
		_, err := s.LoginPassword(ctx, phoneauth.PasswordLoginRequest{Phone: w.phone, Password: "correct horse", Client: w.client})
		return err
	})
	b.Run("argon2id", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			suite.PHC("correct horse", 19*1024, 2, 1)
		}
	})
}

// BenchmarkUnavoidable is what the methods are made of, without us: each as often as its
// name says one request needs it.
func BenchmarkUnavoidable(b *testing.B) {
	loop := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			cpu := cputime.Used()
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(cputime.Used()-cpu)/float64(b.N), "cpu-ns/op")
		})
	}
	loop("parse_a_number", func() {
		n := must(phonenumbers.Parse("+201061797840", "ZZ"))
		if phonenumbers.GetNumberType(n) != phonenumbers.MOBILE {
			b.Fatal("no mobile number")
		}
	})
	key := make([]byte, 32)
	mac := hmac.New(sha256.New, key)
	text := make([]byte, 64)
	sum := make([]byte, 0, sha256.Size)
	loop("HMAC-SHA-256", func() {
		mac.Reset()
		mac.Write(text)
		sum = mac.Sum(sum[:0])
	})
	gcm := must(cipher.NewGCMWithRandomNonce(must(aes.NewCipher(key))))
	code, use := []byte("123456"), []byte("the key of a challenge, of about 60 bytes or so, in all")
	sealed := gcm.Seal(nil, nil, code, use)
	loop("AES-GCM_seal", func() { sealed = gcm.Seal(sealed[:0], nil, code, use) })
	plain := make([]byte, 0, 64)
	loop("AES-GCM_open", func() { plain = must(gcm.Open(plain[:0], nil, sealed, use)) })
	loop("16_random_bytes", func() { _, _ = rand.Read(text[:16]) })
	claims := jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)), Subject: "somebody", ID: "some random id of 22 c"}
	signed := ""
	loop("JWT_sign", func() { signed = must(jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)) })
	parser := jwt.NewParser(jwt.WithExpirationRequired())
	loop("JWT_verify", func() {
		var c jwt.RegisteredClaims
		_ = must(parser.ParseWithClaims(signed, &c, func(*jwt.Token) (any, error) { return key, nil }))
	})
	body := []byte(`{"phone":"+201061797840","verification_code":"123456"}`)
	loop("JSON_decode", func() {
		var v struct {
			Phone string `json:"phone"`
			Code  string `json:"verification_code"`
		}
		if err := json.Unmarshal(body, &v); err != nil {
			b.Fatal(err)
		}
	})
	answer := map[string]any{"message": "Verification code is correct.", "success": true, "verification_token": signed}
	loop("JSON_encode", func() { _ = must(json.Marshal(answer)) })
}

// BenchmarkHumanCheckFlood is one address that has 10,000 codes asked for, and answers none of
// the questions. What the check costs beyond the reading of the numbers is to be less than 100 ms
// of CPU for all of them.
func BenchmarkHumanCheckFlood(b *testing.B) {
	s := newBencher(b, bigStore(), func(c *phoneauth.Config) { c.HumanCheck.When = phoneauth.HumanCheckAlways })
	requests := make([]phoneauth.RegisterRequest, 10_000)
	cpu := time.Duration(0)
	for i := range b.N {
		for j := range requests {
			addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
			requests[j] = phoneauth.RegisterRequest{Phone: "+2010" + strconv.Itoa(10_000_000+j*7_919%89_999_999), Client: phoneauth.ClientInfo{Addr: addr}}
		}
		asked := 0
		before := cputime.Used()
		for _, r := range requests {
			if _, err := s.Register(b.Context(), r); as[*phoneauth.HumanCheckError](err) {
				asked++
			}
		}
		cpu += cputime.Used() - before
		require.Equal(b, 60, asked)
	}
	before := cputime.Used()
	for range b.N {
		for _, r := range requests {
			_, err := phoneauth.ParsePhone(r.Phone, "")
			require.NoError(b, err)
		}
	}
	read := cputime.Used() - before
	b.ReportMetric(read.Seconds()*1000/float64(b.N), "reading-cpu-ms/10000")
	b.ReportMetric((cpu-read).Seconds()*1000/float64(b.N), "check-cpu-ms/10000")
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
