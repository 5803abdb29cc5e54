package integration_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/integration"
	"github.com/phoneauth/phoneauth/sqlstore"
	"github.com/phoneauth/phoneauth/storetest"
)

// anyNode is a driver whose connections go to one of several servers by chance, or to the next
// that answers. Their DSNs are joined by "|".
type anyNode struct{}

func init() { sql.Register("mysql any", anyNode{}) }

func (anyNode) Open(dsn string) (driver.Conn, error) {
	c, err := anyNode{}.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector implements [driver.DriverContext].
func (anyNode) OpenConnector(dsn string) (driver.Connector, error) {
	var all anyConnector
	for one := range strings.SplitSeq(dsn, "|") {
		config, err := mysql.ParseDSN(one)
		if err != nil {
			return nil, err
		}
		connector, err := mysql.NewConnector(config)
		if err != nil {
			return nil, err
		}
		all = append(all, connector)
	}
	return all, nil
}

type anyConnector []driver.Connector

func (all anyConnector) Connect(ctx context.Context) (conn driver.Conn, err error) {
	for _, i := range rand.Perm(len(all)) {
		if conn, err = all[i].Connect(ctx); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func (anyConnector) Driver() driver.Driver { return anyNode{} }

// galeraCluster is the one of a test run.
var galeraCluster = sharedServer[*integration.Galera]{start: integration.StartGalera}

func startedGalera(t testing.TB) *integration.Galera {
	t.Helper()
	g, err := galeraCluster.get()
	if (errors.Is(err, integration.ErrNoGalera) || errors.Is(err, integration.ErrNoMariaDB)) && os.Getenv("PHONEAUTH_REQUIRE_SERVERS") == "" {
		t.Skip(err)
	}
	require.NoError(t, err)
	return g
}

// galeraDatabase is on all nodes, any of which a connection goes to.
func galeraDatabase(t testing.TB) (*integration.Galera, database) {
	g := startedGalera(t)
	name := newMySQLDatabase(t, g.Nodes[0])
	require.NoError(t, g.Has(name))
	return g, database{sqlstore.MySQL, "mysql any", strings.Join(g.DSNs(name), "|")}
}

// node is the database on one node.
func (d database) node(n int) database {
	return database{d.dialect, "mysql", strings.Split(d.dsn, "|")[n]}
}

// beforeARelease skips what takes long, such as a cluster, and is not tested for every change.
func beforeARelease(t *testing.T) {
	t.Helper()
	if !integration.Release() {
		t.Skip("PHONEAUTH_RELEASE=1")
	}
}

// The whole of storetest, each statement on one of three nodes that all take writes.
func TestGaleraStore(t *testing.T) {
	beforeARelease(t)
	_, d := galeraDatabase(t)
	s := d.store(t, d.open(t))
	storetest.Run(t, func(testing.TB) phoneauth.Store { return s }, storetest.Rounds(*rounds))
	runJournal(t, s, *rounds)
}

// Processes race, each by connections to all nodes.
func TestGaleraProcesses(t *testing.T) {
	beforeARelease(t)
	_, d := galeraDatabase(t)
	raceProcesses(t, d.place())
}

// Histories of calls on three writers are those of one store that does one thing at a time.
func TestGaleraHistories(t *testing.T) {
	beforeARelease(t)
	_, d := galeraDatabase(t)
	r := &run{store: d.store(t, d.open(t)), games: everyGame, deadline: someShort}
	r.holds(t)
}

// New asks for reads that wait for what other nodes have committed.
func TestGaleraSettings(t *testing.T) {
	beforeARelease(t)
	_, d := galeraDatabase(t)
	d.store(t, d.open(t))
	one := d.node(1)
	one.dsn = strings.ReplaceAll(one.dsn, "wsrep_sync_wait=7", "wsrep_sync_wait=1")
	_, err := sqlstore.New(t.Context(), one.open(t), one.dialect)
	require.ErrorContains(t, err, "set wsrep_sync_wait to 7 on every connection, it is 1")
	one.dsn += "&wsrep_dirty_reads=1"
	_, err = sqlstore.New(t.Context(), one.open(t), one.dialect)
	require.ErrorContains(t, err, "set wsrep_dirty_reads to OFF")
}

// A node is killed under 16 writers: those on other nodes go on, nothing that was acknowledged is
// lost, and nothing that was used is good again, on any node that is left or that comes back.
func TestGaleraKill(t *testing.T) {
	beforeARelease(t)
	g, d := galeraDatabase(t)
	p := d.place()
	p.migrate(t)
	kills := 1
	if integration.Release() {
		kills = 10
	}
	for n := range kills {
		node := n % len(g.Nodes)
		c := startChild(t, task{Do: "work", Place: p, Number: n * lives, GoOn: true})
		const before, after = 200, 400
		var deeds []deed
		var killed, stalled time.Time
		for len(deeds) < after {
			var one deed
			require.NoError(t, c.hear(&one))
			if deeds = append(deeds, one); len(deeds) == before {
				g.Nodes[node].Kill()
				killed = time.Now()
			}
			if stalled.IsZero() && len(deeds) > before+writers { // past what was on its way
				stalled = time.Now()
			}
		}
		c.kill()
		for {
			var one deed
			if c.hear(&one) != nil {
				break
			}
			deeds = append(deeds, one)
		}
		lost, revived := look(t, p, deeds)
		assert.Empty(t, lost, "lost of %d", len(deeds))
		assert.Empty(t, revived, "revived of %d", len(deeds))
		began := time.Now()
		require.NoError(t, g.Join(node))
		back := d.node(node).place()
		lost, revived = look(t, back, deeds)
		assert.Empty(t, lost, "lost by the node that came back")
		assert.Empty(t, revived, "revived by the node that came back")
		t.Logf("%d acknowledged; the others went on %v after the kill; the node was back in %v", len(deeds),
			stalled.Sub(killed).Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	}
}

// A node that was away, and does not know it yet, refuses or knows what the others have done
// meanwhile. It does not answer from the past. Nor does one whose peers are away.
func TestGaleraCutOff(t *testing.T) {
	beforeARelease(t)
	g, d := galeraDatabase(t)
	ctx := t.Context()
	there := d.store(t, d.node(0).open(t))
	here := d.store(t, d.node(2).open(t))
	svc, inbox := service(t, there, func(*phoneauth.Config) {})
	_, err := here.UserByPhone(ctx, phoneauth.StoredPhone("+0"))
	require.ErrorIs(t, err, phoneauth.ErrNotFound) // its connection is open
	const people = 5
	for n := range people {
		phone, client := caller(n)
		_, err = svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client})
		require.NoError(t, err)
	}
	require.NoError(t, g.Nodes[2].Pause())
	require.NoError(t, errors.Join(g.Size(0, "2"), g.Synced(0), g.Synced(1)))
	var phone, code string
	var client phoneauth.ClientInfo
	var session *phoneauth.Session
	for n := range people { // the two may need a moment more
		phone, client = caller(n)
		code = inbox.Code(t, phone)
		session, err = svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
		if !errors.Is(err, phoneauth.ErrUnavailable) {
			break
		}
	}
	require.NoError(t, err)
	require.NoError(t, g.Nodes[2].Resume())
	asked, refused := 0, 0
	stale, _ := service(t, here, func(*phoneauth.Config) {})
	require.NoError(t, integration.Poll(30*time.Second, func() error {
		asked++
		_, err := stale.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: code, Client: client})
		assert.Error(t, err, "a code that was used is good again")
		if errors.Is(err, phoneauth.ErrUnavailable) {
			refused++
			return err
		}
		assert.ErrorIs(t, err, phoneauth.ErrInvalidCode)
		_, err = here.SessionByID(ctx, session.ID, time.Now())
		if err != nil {
			assert.NotErrorIs(t, err, phoneauth.ErrNotFound, "a session that was begun is not there")
		}
		return err
	}))
	require.NoError(t, g.Synced(2))
	t.Logf("it refused %d of %d before it knew all", refused, asked)

	for _, node := range []int{0, 1} {
		require.NoError(t, g.Nodes[node].Pause())
	}
	ask := func() error {
		one, end := context.WithTimeout(ctx, 2*time.Second)
		defer end()
		_, err := here.SessionByID(one, session.ID, time.Now())
		assert.NotErrorIs(t, err, phoneauth.ErrNotFound)
		return err
	}
	// Until the node knows that it is alone it may answer: its peers can do nothing without
	// it before they know.
	require.NoError(t, integration.Poll(15*time.Second, func() error {
		if ask() == nil {
			return errors.New("it answers")
		}
		return nil
	}))
	for range 3 {
		assert.Error(t, ask(), "it is alone, and answers")
		one, end := context.WithTimeout(ctx, 2*time.Second)
		assert.Error(t, here.EndUserSessions(one, "somebody", ""), "it is alone, and writes")
		end()
	}
	for _, node := range []int{0, 1} {
		require.NoError(t, g.Nodes[node].Resume())
	}
	for node := range g.Nodes {
		require.NoError(t, g.Synced(node))
		require.NoError(t, g.Size(node, "3"))
	}
	_, err = here.SessionByID(ctx, session.ID, time.Now())
	require.NoError(t, err)
}
