package integration_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/redisstore"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// childOf is the environment of a process of this program that runs no test: it does the
// task that is there, as JSON.
const childOf = "PHONEAUTH_TEST_CHILD"

// task is what a child does.
type task struct {
	// Do is "migrate", "race", "work", "operate", "import" or "sign in".
	Do    string
	Place place
	// Number tells children, and what they make, from one another.
	Number int
	// GoOn has work go on while the store is away.
	GoOn bool
	// Loses: the store loses writes, so work goes on when a code or a token is refused.
	Loses bool
	// TellsOpenings: work tells of sign-ins before they are asked for.
	TellsOpenings bool
	// After so many statements migrate says so, and does nothing more.
	After int64
}

func runChild(text string) int {
	integration.QuietRedis()
	var of task
	err := json.Unmarshal([]byte(text), &of)
	if err == nil {
		switch of.Do {
		case "migrate":
			err = migrateAsChild(of)
		case "race":
			err = raceAsChild(of)
		case "work":
			err = workAsChild(of)
		case "operate":
			err = operateAsChild(of)
		case "import":
			err = importAsChild(of)
		case "sign in":
			err = signInAsChild()
		default:
			err = fmt.Errorf("no task %q", of.Do)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

// endWithParent ends a child that reads nothing when nobody is there to end it.
func endWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
}

// child is a process that does a task.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startChild starts one. It ends with the test, at the latest.
func startChild(t testing.TB, of task) *child {
	t.Helper()
	text, err := json.Marshal(of)
	require.NoError(t, err)
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childOf+"="+string(text))
	c.cmd.Stderr = os.Stderr
	c.in, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := c.cmd.StdoutPipe()
	require.NoError(t, err)
	c.out = bufio.NewReader(out)
	require.NoError(t, c.cmd.Start())
	t.Cleanup(c.end)
	return c
}

// kill is kill -9. What the child has said before can still be heard.
func (c *child) kill() { _ = c.cmd.Process.Kill() }

// end kills the child and waits until it is gone.
func (c *child) end() {
	c.kill()
	_ = c.cmd.Wait()
}

// say writes a line of JSON to the child.
func (c *child) say(t testing.TB, what any) {
	t.Helper()
	line, err := json.Marshal(what)
	require.NoError(t, err)
	_, err = c.in.Write(append(line, '\n'))
	require.NoError(t, err)
}

// hear reads a line of JSON from the child. io.EOF: it has ended.
func (c *child) hear(into any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

// tell writes a line of JSON to the parent, whole: what was told before a kill is heard.
func tell(what any) error {
	line, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(line, '\n'))
	return err
}

// place is where a store is, for this process and for others.
type place struct {
	Dialect     sqlstore.Dialect
	Driver, DSN string
	// Redis has all but the users, if it is set: one node, or several of a cluster.
	Redis  []string
	Prefix string
}

func (d database) place() place { return place{Dialect: d.dialect, Driver: d.driver, DSN: d.dsn} }

// redisPlace is Redis with users in a database of the test's own.
func redisPlace(t testing.TB, addrs ...string) place {
	t.Helper()
	p := postgresDatabase(t).place()
	p.Redis, p.Prefix = addrs, p.DSN[len(p.DSN)-8:]+":"
	return p
}

func (p place) parts() []sqlstore.Option {
	if len(p.Redis) == 0 {
		return nil
	}
	return []sqlstore.Option{sqlstore.Only(sqlstore.Users)}
}

// open needs the tables to be there.
func (p place) open() (phoneauth.Store, func() error, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	db, err := sql.Open(p.Driver, p.DSN)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	store, err := sqlstore.New(ctx, db, p.Dialect, p.parts()...)
	if err != nil || len(p.Redis) == 0 {
		return store, db.Close, err
	}
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: p.Redis, ContextTimeoutEnabled: true, PoolSize: 64})
	short, err := redisstore.New(ctx, client, redisstore.Prefix(p.Prefix))
	return phoneauth.Stores{ChallengeStore: short, UserStore: store, SessionStore: short},
		func() error { return errors.Join(client.Close(), db.Close()) }, err
}

// migrate makes the tables.
func (p place) migrate(t testing.TB) {
	t.Helper()
	db, err := sql.Open(p.Driver, p.DSN)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, sqlstore.Migrate(t.Context(), db, p.Dialect, p.parts()...))
}

// server is one that a test may do harm to.
type server interface {
	Kill()
	Start() error
	Pause() error
	Resume() error
}

// store is one of this process, until the test ends.
func (p place) store(t testing.TB) phoneauth.Store {
	t.Helper()
	store, end, err := p.open()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, end()) })
	return store
}
