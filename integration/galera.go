package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// InstallGalera is what to do where [StartGalera] fails with [ErrNoGalera].
const InstallGalera = InstallMariaDB + " galera-4 rsync lsof"

// ErrNoGalera says that the provider of Galera is not on this machine.
var ErrNoGalera = errors.New("no Galera found: " + InstallGalera)

const galeraProvider = "/usr/lib/galera/libgalera_smm.so"

// Galera is a cluster of three MariaDB servers of our own, each of which takes writes.
type Galera struct {
	Nodes []*MariaDB
	group []int // the ports by which they talk to one another
}

// StartGalera starts a cluster. Stop ends it.
func StartGalera() (*Galera, error) {
	if _, err := os.Stat(galeraProvider); err != nil {
		return nil, ErrNoGalera
	}
	g := &Galera{}
	for range 3 {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		m, err := newMariaDB()
		if err != nil {
			g.Stop()
			return nil, err
		}
		m.variables.Set("wsrep_sync_wait", "7")
		g.Nodes, g.group = append(g.Nodes, m), append(g.group, port)
	}
	if err := g.start(); err != nil {
		g.Stop()
		return nil, err
	}
	return g, nil
}

func (g *Galera) start() error {
	addrs := make([]string, len(g.group))
	for i, port := range g.group {
		addrs[i] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	for i, m := range g.Nodes {
		var ports [2]int // of state transfers
		for n := range ports {
			port, err := freePort()
			if err != nil {
				return err
			}
			ports[n] = port
		}
		m.settings = append(m.settings, "wsrep-on=ON", "wsrep-provider="+galeraProvider,
			"wsrep-cluster-name=phoneauth", fmt.Sprintf("wsrep-node-name=node%d", i),
			"wsrep-cluster-address=gcomm://"+strings.Join(addrs, ","), "wsrep-node-address=127.0.0.1",
			"wsrep-sst-method=rsync", fmt.Sprintf("wsrep-sst-receive-address=127.0.0.1:%d", ports[0]),
			"wsrep-slave-threads=4", "binlog-format=ROW", "innodb-autoinc-lock-mode=2",
			// Nodes notice within 3 s, in place of 5 s, that another is away.
			fmt.Sprintf("wsrep-provider-options=base_host=127.0.0.1;base_port=%d;gmcast.listen_addr=tcp://%s;ist.recv_addr=127.0.0.1:%d;"+
				"gcache.size=32M;gcache.dir=%s;evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.25S;"+
				"evs.suspect_timeout=PT2.5S;evs.inactive_timeout=PT5S;evs.install_timeout=PT5S",
				g.group[i], addrs[i], ports[1], m.dir))
		if i > 0 { // else it is made by the first state transfer
			if err := m.makeData(); err != nil {
				return err
			}
		}
	}
	first := g.Nodes[0]
	if err := errors.Join(first.install(), first.launch("wsrep-new-cluster"), g.Synced(0)); err != nil {
		return err
	}
	for i := range g.Nodes[1:] {
		if err := g.Join(i + 1); err != nil {
			return err
		}
	}
	return nil
}

func (m *MariaDB) makeData() error {
	err := os.Mkdir(m.data(), 0o700)
	if err == nil && m.owner != nil {
		err = os.Chown(m.data(), int(m.owner.Uid), int(m.owner.Gid))
	}
	return err
}

// Join starts a node that is not there, and waits until it takes part.
func (g *Galera) Join(node int) error {
	return errors.Join(g.Nodes[node].launch(), g.Synced(node))
}

// Synced waits until a node takes part.
func (g *Galera) Synced(node int) error {
	return g.Nodes[node].answers(60*time.Second, func(ctx context.Context, db *sql.DB) error {
		var name, state string
		err := db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'").Scan(&name, &state)
		if err == nil && state != "Synced" {
			err = errors.New("node is " + state)
		}
		return err
	})
}

// Size waits until a node counts so many nodes.
func (g *Galera) Size(node int, size string) error {
	return g.Nodes[node].answers(30*time.Second, func(ctx context.Context, db *sql.DB) error {
		var name, count string
		err := db.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'").Scan(&name, &count)
		if err == nil && count != size {
			err = errors.New("the cluster has " + count + " nodes")
		}
		return err
	})
}

// Has waits until every node has a database.
func (g *Galera) Has(database string) error {
	for _, m := range g.Nodes {
		err := m.answers(30*time.Second, func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, "USE "+database)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// DSNs name a database on each node.
func (g *Galera) DSNs(database string) []string {
	all := make([]string, len(g.Nodes))
	for i, m := range g.Nodes {
		all[i] = m.DSN(database)
	}
	return all
}

// Logs are the last words of all nodes.
func (g *Galera) Logs() string {
	var all strings.Builder
	for _, m := range g.Nodes {
		text := m.Log()
		fmt.Fprintf(&all, "%s:\n%s\n", filepath.Base(m.dir), text[max(0, len(text)-4000):])
	}
	return all.String()
}

// Stop ends the cluster and removes all that it has.
func (g *Galera) Stop() {
	for _, m := range g.Nodes {
		m.Stop()
	}
}
