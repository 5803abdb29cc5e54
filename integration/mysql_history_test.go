package integration_test

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mysqlHello is empty: a server of MySQL speaks first.
var mysqlHello = []byte{}

func TestSQLHistoriesInMariaDB(t *testing.T) {
	d := mariadbDatabase(t)
	server := startedMariaDB(t)
	through := newProxy(t, server.Addr())
	config, err := mysql.ParseDSN(d.dsn)
	require.NoError(t, err)
	config.DialFunc = through.dial
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	d.store(t, d.open(t))
	opens := &openings{together: onlyPhone}
	r := &run{store: d.store(t, db), games: opens.andEvery(), deadline: someShort,
		faults: []func(){through.cut, through.lose, through.pausing(t, mysqlHello, server.Pause, server.Resume)}}
	r.holds(t)
	sawFaults(t, r, through)
	assert.NotZero(t, opens.stored.Load())
}
