package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/phoneauth/phoneauth/sqlstore"
)

func openMySQL(ctx context.Context, dsn string, mustBeThere bool) (*sqlstore.Store, func() error, error) {
	config, err := mysqlConfig(dsn)
	if err != nil {
		return nil, nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, nil, errMySQLURL
	}
	return openSQL(ctx, sql.OpenDB(setUp{connector}), sqlstore.MySQL, mustBeThere)
}

var errMySQLURL = errors.New("cannot be read as a URL of MySQL: mysql://USER:PASSWORD@HOST/DATABASE, then perhaps ?tls=true")

// mysqlConfig reads mysql://USER:PASSWORD@HOST/DATABASE?tls=MODE, with the modes of the driver.
func mysqlConfig(dsn string) (*mysql.Config, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Hostname() == "" || len(u.Path) < 2 {
		return nil, errMySQLURL // its own error quotes the URL
	}
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", u.Host
	if u.Port() == "" {
		config.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.DBName = strings.TrimPrefix(u.Path, "/")
	config.TLSConfig = u.Query().Get("tls")
	config.InterpolateParams = true // one round trip a statement
	config.Logger = &mysql.NopLogger{}
	return config, nil
}

// setUp sets on each connection what sqlstore asks for, whatever the server's defaults are.
type setUp struct{ driver.Connector }

func (s setUp) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"SET SESSION innodb_lock_wait_timeout = 10 /*M!, wsrep_sync_wait = 7 */", // the rest for MariaDB alone
	} {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}
