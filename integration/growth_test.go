package integration_test

import (
	"cmp"
	"context"
	"crypto/md5"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/phonetest"
	"github.com/phoneauth/phoneauth/sqlstore"
)

// growthSizes is the environment of how many users there are, such as 1e3,1e5,1e7.
const growthSizes = "PHONEAUTH_GROWTH"

// TestSQLGrowth logs what PostgreSQL and MariaDB do with 10^3, 10^5 and 10^6 users, or with as
// many as PHONEAUTH_GROWTH says, each with a session. Whoever refreshes or signs in is chosen by
// chance from all of them. The servers have little memory of their own. Then the largest database
// is backed up and restored.
//
// With 10^7 users it needs 25 GB of disk for an engine, an hour, and -timeout. An interrupt ends
// it, and removes what it has made.
func TestSQLGrowth(t *testing.T) {
	beforeARelease(t)
	sizes := sizesOfGrowth(t)
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	for name, open := range map[string]func(*testing.T) *growth{"postgres": growingPostgres, "mariadb": growingMariaDB} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, ctx.Err())
			g := open(t)
			for _, users := range sizes {
				g.grow(ctx, t, users)
			}
			g.measure(ctx, t)
			t.Run("backup", func(t *testing.T) { g.backup(ctx, t, g.sizes[len(g.sizes)-1]) })
		})
	}
}

func sizesOfGrowth(t *testing.T) (sizes []int) {
	t.Helper()
	for text := range strings.SplitSeq(cmp.Or(os.Getenv(growthSizes), "1e3,1e5,1e6"), ",") {
		n, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err, growthSizes)
		require.True(t, n >= writers && n <= 1e7 && n == math.Trunc(n), "%s: sizes are from %d to 1e7", growthSizes, writers)
		sizes = append(sizes, int(n))
	}
	slices.Sort(sizes)
	return sizes
}

// growth is a server with a database for each number of users.
type growth struct {
	server interface {
		Restart(settings ...string) error
	}
	// roomy are the settings under which tables are filled, tight those under which it is
	// measured: with less memory than the largest tables have.
	roomy, tight []string
	// modes are what is measured: whether the system is made to forget the files before.
	modes []growthMode
	// empty makes a database of a name.
	empty func(t *testing.T, name string) database
	// fill are statements that add users, and a session for each, and settle what the tables
	// know of themselves.
	fill   func(from, to int, at time.Time) []string
	settle []string
	spent  func(t *testing.T, db *sql.DB) spending
	sized  string // the query for the bytes of the database
	backup func(ctx context.Context, t *testing.T, g grown)
	sizes  []grown
	at     time.Time
}

type growthMode struct {
	name string
	drop bool
}

// grown is a database with so many users.
type grown struct {
	database
	name  string
	users int
	at    time.Time
}

// Users are spread over the 400,000,000 mobile numbers of a country, as real ones are: the n-th
// has the one at n × spread, modulo that.
const numbersOfEgypt, spread = 400_000_000, 2_654_435_761

func phoneOfUser(n int) string {
	at := n * spread % numbersOfEgypt
	return fmt.Sprintf("+201%c%08d", "0125"[at/100_000_000], at%100_000_000)
}

// fillStep is how many users one statement adds: progress is logged after each.
const fillStep = 500_000

// grow makes a database with so many users.
func (g *growth) grow(ctx context.Context, t *testing.T, users int) {
	t.Helper()
	made := grown{name: fmt.Sprintf("growth%d", users), users: users, at: g.at}
	made.database = g.empty(t, made.name)
	db := made.open(t)
	defer db.Close()
	made.store(t, db)
	began := time.Now()
	for from := 0; from < users; from += fillStep {
		to := min(from+fillStep, users)
		for _, statement := range g.fill(from+1, to, g.at) {
			_, err := db.ExecContext(ctx, statement)
			require.NoError(t, err)
		}
		t.Logf("%d of %d users are there after %v", to, users, time.Since(began).Round(time.Second))
	}
	for _, statement := range g.settle {
		_, err := db.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	g.sizes = append(g.sizes, made)
}

// oneDigest is that of every session, before and after it is refreshed.
const oneDigest = "0123456789abcdef0123456789abcdef"

// refreshed asks the store what Service.Refresh does, for the n-th user.
func (g grown) refreshed(ctx context.Context, s *sqlstore.Store, n int) error {
	if _, err := s.UserByID(ctx, strconv.Itoa(n)); err != nil {
		return err
	}
	_, err := s.RotateSession(ctx, phoneauth.Rotation{ID: fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, n))), Digest: []byte(oneDigest), Next: []byte(oneDigest),
		IdleUntil: g.at.Add(24 * time.Hour), Now: g.at})
	return err
}

// signedInAgain is a code and a sign-in of the n-th user.
func signedInAgain(ctx context.Context, svc *phoneauth.Service, inbox *phonetest.Inbox, n int) error {
	phone := phoneOfUser(n)
	_, client := caller(n)
	if _, err := svc.Register(ctx, phoneauth.RegisterRequest{Phone: phone, Client: client}); err != nil {
		return err
	}
	message, _ := inbox.Last(phone)
	_, err := svc.Login(ctx, phoneauth.LoginRequest{Phone: phone, Code: string(message.Code), Client: client})
	return err
}

// anybody is a user by chance. No two callers are one user.
func (g grown) anybody(caller int) int { return 1 + caller + writers*rand.IntN(g.users/writers) }
