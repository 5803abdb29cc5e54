package integration

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/redisstore"
)

// BenchmarkRedis is what the operations of a Service cost beside a bare SET of 200
// bytes with a TTL, by 1, 8 and 32 callers. Senders and users are in memory.
func BenchmarkRedis(b *testing.B) {
	for _, settings := range []struct {
		name string
		args []string
	}{
		{"memory", nil},
		{"everysec", []string{"--appendonly", "yes", "--appendfsync", "everysec"}},
		{"always", []string{"--appendonly", "yes", "--appendfsync", "always"}},
	} {
		b.Run(settings.name, func(b *testing.B) {
			server := ownRedis(b, settings.args...)
			benchRedis(b, func(b *testing.B) redis.UniversalClient { return clientOf(b, server) })
		})
	}
	b.Run("cluster", func(b *testing.B) {
		benchRedis(b, func(b *testing.B) redis.UniversalClient { return redisCluster(b) })
	})
}

var benchRun atomic.Int64

func benchRedis(b *testing.B, connect func(*testing.B) redis.UniversalClient) {
	operations := []struct {
		name string
		// ready makes what each of n calls of run needs.
		ready func(b *testing.B, p *paired, n int) func(i int) error
	}{
		{"Register", benchRegister},
		{"Verify", benchVerify},
		{"Connect", benchConnect},
		{"Login", benchLogin},
		{"Refresh", benchRefresh},
	}
	for _, callers := range []int{1, 8, 32} {
		b.Run(fmt.Sprint("SET/", callers), func(b *testing.B) {
			client, value := connect(b), make([]byte, 200)
			byCallers(b, callers, func(i int) error {
				return client.Set(b.Context(), fmt.Sprint("bare:", i), value, time.Minute).Err()
			})
		})
		for _, op := range operations {
			b.Run(fmt.Sprint(op.name, "/", callers), func(b *testing.B) {
				prefix := fmt.Sprint("bench", benchRun.Add(1), ":")
				p := newPaired(b, connect(b), redisstore.Prefix(prefix))
				byCallers(b, callers, op.ready(b, p, b.N))
			})
		}
	}
}

// byCallers shares b.N calls among so many callers.
func byCallers(b *testing.B, callers int, call func(i int) error) {
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

type benchPerson struct {
	phone, code string
	client      phoneauth.Client
	proof       *phoneauth.Proof
	session     *phoneauth.Session
}

// people are n persons, each as far as do has brought it.
func people(b *testing.B, p *paired, n int, do func(*benchPerson) error) []benchPerson {
	all := make([]benchPerson, n)
	var next atomic.Int64
	var done sync.WaitGroup
	for range 16 {
		done.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				all[i].phone, all[i].client = p.person()
				if err := do(&all[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
	require.False(b, b.Failed())
	return all
}

func benchRegister(b *testing.B, p *paired, n int) func(int) error {
	all := people(b, p, n, func(*benchPerson) error { return nil })
	return func(i int) error { return register(b, p, &all[i]) }
}

func register(b *testing.B, p *paired, who *benchPerson) error {
	_, err := p.Register(b.Context(), phoneauth.RegisterRequest{Phone: who.phone, Client: who.client})
	return err
}

// coded has registered and read the code.
func coded(b *testing.B, p *paired, who *benchPerson) error {
	err := register(b, p, who)
	if err == nil {
		who.code = p.inbox.Code(b, who.phone)
	}
	return err
}

func verify(b *testing.B, p *paired, who *benchPerson) (err error) {
	who.proof, err = p.Verify(b.Context(), phoneauth.VerifyRequest{Phone: who.phone, Code: who.code, Client: who.client})
	return err
}

func login(b *testing.B, p *paired, who *benchPerson) (err error) {
	who.session, err = p.Login(b.Context(), phoneauth.LoginRequest{Phone: who.phone, Code: who.code, Client: who.client})
	return err
}

func benchVerify(b *testing.B, p *paired, n int) func(int) error {
	all := people(b, p, n, func(who *benchPerson) error { return coded(b, p, who) })
	return func(i int) error { return verify(b, p, &all[i]) }
}

func benchConnect(b *testing.B, p *paired, n int) func(int) error {
	all := people(b, p, n, func(who *benchPerson) error {
		if err := coded(b, p, who); err != nil {
			return err
		}
		return verify(b, p, who)
	})
	return func(i int) error {
		_, err := p.Connect(b.Context(), phoneauth.ConnectRequest{Phone: all[i].phone, Token: all[i].proof.Token, Client: all[i].client})
		return err
	}
}

func benchLogin(b *testing.B, p *paired, n int) func(int) error {
	all := people(b, p, n, func(who *benchPerson) error { return coded(b, p, who) })
	return func(i int) error { return login(b, p, &all[i]) }
}

func benchRefresh(b *testing.B, p *paired, n int) func(int) error {
	all := people(b, p, n, func(who *benchPerson) error {
		if err := coded(b, p, who); err != nil {
			return err
		}
		return login(b, p, who)
	})
	return func(i int) error {
		_, err := p.Refresh(b.Context(), all[i].session.Refresh)
		return err
	}
}
