package integration_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth/integration"
)

// The example server, as whoever tries phoneauth runs it.
func TestServer(t *testing.T) {
	t.Parallel()
	program := buildServer(t)
	for name, test := range map[string]func(t *testing.T, program string){
		"kannel":  serverKannel,
		"smpp":    serverSMPP,
		"default": serverDefault,
		"shared":  serverShared,
		"start":   serverStart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

func serverKannel(t *testing.T, program string) {
	k := integration.StartKannel(t, integration.KannelOptions{})
	serverSignsIn(t, program, k, k.Messages, cairo)
}

func serverSMPP(t *testing.T, program string) {
	server := integration.StartSMPP(t)
	k := integration.StartKannel(t, integration.KannelOptions{SMPP: server.Addr()})
	serverSignsIn(t, program, k, server.Messages, strings.TrimPrefix(cairo, "+"))
}

// A code goes out through a real gateway, is read where it arrived, signs a user in, and
// its delivery comes back as an event.
func serverSignsIn(t *testing.T, program string, k *integration.Kannel, arrived func() []integration.Text, to string) {
	env := []string{"KANNEL_USERNAME=" + k.Username, "KANNEL_PASSWORD=" + k.Password, "KANNEL_FROM=Acme"}
	s := serve(t, program, t.TempDir(), env, "-store", "memory", "-sms", "kannel:"+k.URL)
	s.send(cairo)
	integration.Eventually(t, "the text", func() bool { return len(arrived()) == 1 })
	text := arrived()[0]
	assert.Equal(t, to, text.To)
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(text.Text)
	user, first := s.login(cairo, code)
	assert.True(t, first)
	assert.Equal(t, cairo, user["phone"])
	assert.Equal(t, http.StatusOK, s.get("/users/me", user["token"]))

	integration.Eventually(t, "the report, as an event", func() bool { return len(s.events("delivered")) > 0 })
	sent, delivered := s.events("code_sent"), s.events("delivered")
	require.Len(t, sent, 1)
	assert.NotEmpty(t, sent[0]["message_id"])
	assert.Equal(t, sent[0]["message_id"], delivered[0]["message_id"])
	assert.Equal(t, "kannel", delivered[0]["sender"])
	s.stop()
	for _, secret := range []string{code, cairo, k.Password} {
		assert.NotContains(t, s.log.String(), secret)
	}
}

// Without a flag about stores, an account is in a file, and there again after a restart.
func serverDefault(t *testing.T, program string) {
	dir := t.TempDir()
	args := []string{"-sms", "file:sms", "-limits", "off"} // two codes at once
	var ids []any
	for _, isNew := range []bool{true, false} {
		s := serve(t, program, dir, nil, args...)
		assert.Equal(t, http.StatusOK, s.get("/readyz", nil))
		s.send(cairo)
		user, first := s.login(cairo, sentCode(t, filepath.Join(dir, "sms"), cairo))
		assert.Equal(t, isNew, first)
		ids = append(ids, user["uuid"])
		s.stop()
	}
	assert.Equal(t, ids[0], ids[1])
	assert.FileExists(t, filepath.Join(dir, "phoneauth.db"))
}

// Two processes on the same servers are one service: what one sends, the other takes, and
// they count together.
func serverShared(t *testing.T, program string) {
	for name, stores := range map[string]func(t *testing.T) []string{
		"postgres": func(t *testing.T) []string { return []string{"-store", postgresDatabase(t).dsn} },
		"mariadb":  func(t *testing.T) []string { return []string{"-store", mysqlURL(t)} },
		"postgres and redis": func(t *testing.T) []string {
			return []string{"-store", postgresDatabase(t).dsn, "-redis", "redis://" + integration.ServerRedis(t)}
		},
		"postgres and cluster": func(t *testing.T) []string {
			return []string{"-store", postgresDatabase(t).dsn, "-redis", "redis://" + integration.ServerRedisCluster(t)}
		},
		"sqlite and redis": func(t *testing.T) []string {
			return []string{"-store", "sqlite:users.db", "-redis", "redis://" + integration.ServerRedis(t)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := append(stores(t), "-sms", "file:sms")
			one, two := serve(t, program, dir, nil, args...), serve(t, program, dir, nil, args...)
			assert.Equal(t, http.StatusOK, one.get("/readyz", nil))
			one.send(cairo)
			_, header := two.post(http.StatusTooManyRequests, "/users/verification/start", object{"phone": cairo})
			assert.NotEmpty(t, header.Get("Retry-After"))
			user, first := two.login(cairo, sentCode(t, filepath.Join(dir, "sms"), cairo))
			assert.True(t, first)
			assert.Equal(t, http.StatusOK, one.get("/users/me", user["token"]))
			_, again := one.post(http.StatusOK, "/token/refresh", object{"refresh_token": user["refresh_token"]})
			assert.NotEmpty(t, again)
			one.stop()
			two.stop()
		})
	}
}

// A server that cannot have its stores says which one and why, in one line that tells no
// secret, and soon.
func serverStart(t *testing.T, program string) {
	const secret = "hunter2"
	silent := listener(t) // takes connections, and says nothing
	stopped := func() string {
		l := listener(t)
		l.Close()
		return l.Addr().String()
	}()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	letter := filepath.Join(t.TempDir(), "letter")
	require.NoError(t, os.WriteFile(letter, []byte(strings.Repeat("no database ", 100)), 0o600))
	postgres := func(addr string) func(*testing.T) []string {
		return func(*testing.T) []string { return []string{"-store", "postgres://root:" + secret + "@" + addr + "/db"} }
	}
	mysql := func(addr string) func(*testing.T) []string {
		return func(*testing.T) []string { return []string{"-store", "mysql://root:" + secret + "@" + addr + "/db"} }
	}
	redis := func(addr string) func(*testing.T) []string {
		return func(*testing.T) []string {
			return []string{"-store", "memory", "-redis", "redis://root:" + secret + "@" + addr}
		}
	}
	realRedis := func(before string, settings ...string) func(*testing.T) []string {
		return func(t *testing.T) []string {
			return []string{"-store", "memory", "-redis", before + integration.ServerRedis(t, settings...)}
		}
	}
	for name, c := range map[string]struct {
		args  func(*testing.T) []string
		wants string
	}{
		"postgres stopped":         {postgres(stopped), "-store: connection refused"},
		"postgres silent":          {postgres(silent.Addr().String()), "-store: no answer within 4s"},
		"postgres no host":         {postgres("nowhere.invalid"), "-store: "},
		"postgres is a web server": {postgres(web.Listener.Addr().String()), "-store: "},
		"postgres without TLS": {func(t *testing.T) []string {
			return []string{"-store", strings.ReplaceAll(postgresDatabase(t).dsn, "sslmode=disable", "sslmode=require")}
		}, "-store: no PostgreSQL that can be talked to is there"},
		"postgres without the database": {func(t *testing.T) []string {
			return []string{"-store", strings.ReplaceAll(postgresDatabase(t).dsn, "/postgres?", "/hunter2?")}
		}, "-store: there is no such database (SQLSTATE 3D000)"},
		"postgres, wrong user": {func(t *testing.T) []string {
			return []string{"-store", strings.ReplaceAll(postgresDatabase(t).dsn, "phoneauth@", "root:hunter2@")}
		}, "-store: the server refuses the user or the password (SQLSTATE 28000)"},
		"postgres, wrong password": {func(t *testing.T) []string {
			return []string{"-store", strings.ReplaceAll(passwordPostgres(t).dsn, "phoneauth@", "phoneauth:hunter2@")}
		}, "-store: the server refuses the user or the password (SQLSTATE 28P01)"},
		"postgres that loses commits": {func(t *testing.T) []string {
			return []string{"-store", postgresDatabase(t).dsn + "&synchronous_commit=off"}
		}, "-store: sqlstore: postgres: set synchronous_commit to on"},
		"mysql stopped":         {mysql(stopped), "-store: connection refused"},
		"mysql silent":          {mysql(silent.Addr().String()), "-store: no answer within 4s"},
		"mysql is a web server": {mysql(web.Listener.Addr().String()), "-store: no "},
		"mysql without the database": {func(t *testing.T) []string {
			return []string{"-store", "mysql://phoneauth@" + startedMariaDB(t).Addr() + "/hunter2"}
		}, "-store: there is no such database (MySQL error 1049)"},
		"mysql, wrong password": {func(t *testing.T) []string {
			return []string{"-store", strings.ReplaceAll(mysqlURL(t), "phoneauth@", "phoneauth:hunter2@")}
		}, "-store: the server refuses the user or the password (MySQL error 1045)"},
		"sqlite of no database":         {func(*testing.T) []string { return []string{"-store", "sqlite:" + letter} }, "-store: the file is no SQLite database"},
		"sqlite where nobody may write": {func(*testing.T) []string { return []string{"-store", "sqlite:/proc/phoneauth.db"} }, "-store: open "},
		"redis stopped":                 {redis(stopped), "-redis: connection refused"},
		"redis silent":                  {redis(silent.Addr().String()), "-redis: no answer within 4s"},
		"redis is a web server":         {redis(web.Listener.Addr().String()), "-redis: no Redis that can be talked to is there"},
		"redis, wrong password":         {realRedis("redis://:"+secret+"@", "requirepass", "another"), "-redis: the server refuses the user or the password"},
		"redis, no password":            {realRedis("redis://", "requirepass", "another"), "-redis: the server wants a password"},
		"redis that forgets":            {realRedis("redis://", "maxmemory-policy", "allkeys-lru"), "-redis: redisstore: the server drops live keys"},
		"cluster stopped":               {redis(stopped + "," + stopped), "-redis: connection refused"},
		"cluster silent":                {redis(silent.Addr().String() + "," + silent.Addr().String()), "-redis: no answer within 4s"},
		"cluster that is none": {func(t *testing.T) []string {
			addr := integration.ServerRedis(t)
			return []string{"-store", "memory", "-redis", addr + "," + addr}
		}, "-redis: the server is no node of a Redis Cluster: give its address alone"},
		"cluster, one node of it": {func(t *testing.T) []string {
			node, _, _ := strings.Cut(integration.ServerRedisCluster(t), ",")
			return []string{"-store", "memory", "-redis", "redis://" + node}
		}, "-redis: the server is a node of a Redis Cluster: give the addresses of several nodes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := c.args(t)
			cmd := command(t, program, t.TempDir(), nil, args...)
			var output bytes.Buffer
			cmd.Stdout, cmd.Stderr = &output, &output
			begun := time.Now()
			err := cmd.Run()
			assert.Less(t, time.Since(begun), 5*time.Second)
			assert.Error(t, err)
			assert.Equal(t, 1, cmd.ProcessState.ExitCode())
			assert.True(t, strings.HasPrefix(output.String(), "server: "+c.wants), output.String())
			assert.Equal(t, 1, strings.Count(output.String(), "\n"), output.String())
			assert.NotContains(t, output.String(), secret)
			assert.NotContains(t, output.String(), "://root")
		})
	}
}

// passwordPostgres is one of the test's own that wants a password.
func passwordPostgres(t *testing.T) database {
	t.Helper()
	dir, err := os.MkdirTemp("", "phoneauth-hba-") // the server's user may not enter t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	hba := filepath.Join(dir, "pg_hba.conf")
	require.NoError(t, os.WriteFile(hba, []byte("host all all 127.0.0.1/32 scram-sha-256\n"), 0o644))
	_, d := ownPostgres(t, "hba_file="+hba)
	return d
}

// mysqlURL names a database as the example server is told of it.
func mysqlURL(t *testing.T) string {
	t.Helper()
	m := startedMariaDB(t)
	return "mysql://phoneauth@" + m.Addr() + "/" + newMySQLDatabase(t, m)
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}
