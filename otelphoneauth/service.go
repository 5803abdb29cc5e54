package otelphoneauth

import (
	"context"
	"iter"

	"go.opentelemetry.io/otel/trace"

	"github.com/phoneauth/phoneauth"
)

// Service is a [phoneauth.Service] that reports a span and a duration for each operation. The
// span of a method is named "phoneauth.Login" and so on. The span of a request to its Handler
// is named by the route, such as "POST /api/v1/login". Close, Require, ReportDelivery and
// other methods without a span are those of the wrapped Service.
//
// Both ways are needed, since the handlers of a Service call it and not its wrapper. A
// request has one span of an operation either way. It is an internal span, a child of the
// one in the context: it knows routes and outcomes, and leaves what every HTTP server has
// (the server span, propagation, addresses) to the host's own instrumentation, such as
// otelhttp, around it.
type Service struct {
	*phoneauth.Service

	t *telemetry
}

// Wrap returns svc with spans and durations of its operations, and counts the entries that
// its journal has lost. For what is below them, make svc of an instrumented Config: see
// [Instrument]. svc must not be nil. Wrap each Service once, or its lost entries count twice.
// The error is one of the MeterProvider.
func Wrap(svc *phoneauth.Service, opts ...Option) (*Service, error) {
	t, err := newTelemetry(opts)
	if err != nil {
		return nil, err
	}
	if err := t.watchJournal(svc.JournalLost); err != nil {
		return nil, err
	}
	return &Service{svc, t}, nil
}

// operation makes one call of the Service.
func operation[T any](ctx context.Context, t *telemetry, name string, do func(context.Context) (T, error)) (T, error) {
	w := t.operations.of(name, func() *work {
		return newWork("phoneauth."+name, trace.SpanKindInternal, t.operationDuration, keyOperation.String(name))
	})
	return run(ctx, t, w, do, func(ctx context.Context, _ T, err error) outcome { return t.operationOutcome(ctx, err) })
}

// operationErr is operation for methods without a result.
func operationErr(ctx context.Context, t *telemetry, name string, do func(context.Context) error) error {
	_, err := operation(ctx, t, name, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

// Authenticate calls [phoneauth.Service.Authenticate] in a span.
func (s *Service) Authenticate(ctx context.Context, access phoneauth.Secret) (phoneauth.Claims, error) {
	return operation(ctx, s.t, "Authenticate", func(ctx context.Context) (phoneauth.Claims, error) { return s.Service.Authenticate(ctx, access) })
}

// ChangePassword calls [phoneauth.Service.ChangePassword] in a span.
func (s *Service) ChangePassword(ctx context.Context, c phoneauth.Claims, r phoneauth.ChangePasswordRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "ChangePassword", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.ChangePassword(ctx, c, r) })
}

// ChangePhone calls [phoneauth.Service.ChangePhone] in a span.
func (s *Service) ChangePhone(ctx context.Context, c phoneauth.Claims, r phoneauth.ConnectRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "ChangePhone", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.ChangePhone(ctx, c, r) })
}

// Connect calls [phoneauth.Service.Connect] in a span.
func (s *Service) Connect(ctx context.Context, r phoneauth.ConnectRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "Connect", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.Connect(ctx, r) })
}

// Arrival calls [phoneauth.Service.Arrival] in a span.
func (s *Service) Arrival(ctx context.Context, challengeToken phoneauth.Secret) (phoneauth.Arrival, error) {
	return operation(ctx, s.t, "Arrival", func(ctx context.Context) (phoneauth.Arrival, error) { return s.Service.Arrival(ctx, challengeToken) })
}

// DeleteUserByCode calls [phoneauth.Service.DeleteUserByCode] in a span.
func (s *Service) DeleteUserByCode(ctx context.Context, c phoneauth.Claims, r phoneauth.CodeRequest) error {
	return operationErr(ctx, s.t, "DeleteUserByCode", func(ctx context.Context) error { return s.Service.DeleteUserByCode(ctx, c, r) })
}

// ExportByCode calls [phoneauth.Service.ExportByCode] in a span.
func (s *Service) ExportByCode(ctx context.Context, c phoneauth.Claims, r phoneauth.CodeRequest) (phoneauth.Export, error) {
	return operation(ctx, s.t, "ExportByCode", func(ctx context.Context) (phoneauth.Export, error) { return s.Service.ExportByCode(ctx, c, r) })
}

// KnownDevice calls [phoneauth.Service.KnownDevice] in a span.
func (s *Service) KnownDevice(ctx context.Context, token phoneauth.Secret) (phoneauth.User, error) {
	return operation(ctx, s.t, "KnownDevice", func(ctx context.Context) (phoneauth.User, error) { return s.Service.KnownDevice(ctx, token) })
}

// LockAccount calls [phoneauth.Service.LockAccount] in a span.
func (s *Service) LockAccount(ctx context.Context, token phoneauth.Secret) error {
	return operationErr(ctx, s.t, "LockAccount", func(ctx context.Context) error { return s.Service.LockAccount(ctx, token) })
}

// ReadNotice calls [phoneauth.Service.ReadNotice] in a span.
func (s *Service) ReadNotice(ctx context.Context, token phoneauth.Secret) (*phoneauth.Notice, error) {
	return operation(ctx, s.t, "ReadNotice", func(ctx context.Context) (*phoneauth.Notice, error) { return s.Service.ReadNotice(ctx, token) })
}

// ReopenAccount calls [phoneauth.Service.ReopenAccount] in a span.
func (s *Service) ReopenAccount(ctx context.Context, userID string, a phoneauth.Actor) error {
	return operationErr(ctx, s.t, "ReopenAccount", func(ctx context.Context) error { return s.Service.ReopenAccount(ctx, userID, a) })
}

// UnlockAccount calls [phoneauth.Service.UnlockAccount] in a span.
func (s *Service) UnlockAccount(ctx context.Context, r phoneauth.UnlockAccountRequest) error {
	return operationErr(ctx, s.t, "UnlockAccount", func(ctx context.Context) error { return s.Service.UnlockAccount(ctx, r) })
}

// DeleteUser calls [phoneauth.Service.DeleteUser] in a span.
func (s *Service) DeleteUser(ctx context.Context, c phoneauth.Claims) error {
	return operationErr(ctx, s.t, "DeleteUser", func(ctx context.Context) error { return s.Service.DeleteUser(ctx, c) })
}

// Login calls [phoneauth.Service.Login] in a span.
func (s *Service) Login(ctx context.Context, r phoneauth.LoginRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "Login", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.Login(ctx, r) })
}

// Logout calls [phoneauth.Service.Logout] in a span.
func (s *Service) Logout(ctx context.Context, refresh phoneauth.Secret) error {
	return operationErr(ctx, s.t, "Logout", func(ctx context.Context) error { return s.Service.Logout(ctx, refresh) })
}

// LogoutAll calls [phoneauth.Service.LogoutAll] in a span.
func (s *Service) LogoutAll(ctx context.Context, userID string) error {
	return operationErr(ctx, s.t, "LogoutAll", func(ctx context.Context) error { return s.Service.LogoutAll(ctx, userID) })
}

// Reauthenticated calls [phoneauth.Service.Reauthenticated] in a span.
func (s *Service) Reauthenticated(ctx context.Context, c phoneauth.Claims) (phoneauth.User, error) {
	return operation(ctx, s.t, "Reauthenticated", func(ctx context.Context) (phoneauth.User, error) { return s.Service.Reauthenticated(ctx, c) })
}

// RecoverPassword calls [phoneauth.Service.RecoverPassword] in a span.
func (s *Service) RecoverPassword(ctx context.Context, r phoneauth.RecoverRequest) (phoneauth.Phone, error) {
	return operation(ctx, s.t, "RecoverPassword", func(ctx context.Context) (phoneauth.Phone, error) { return s.Service.RecoverPassword(ctx, r) })
}

// Redeem calls [phoneauth.Service.Redeem] in a span.
func (s *Service) Redeem(ctx context.Context, r phoneauth.RedeemRequest) (*phoneauth.Proof, error) {
	return operation(ctx, s.t, "Redeem", func(ctx context.Context) (*phoneauth.Proof, error) { return s.Service.Redeem(ctx, r) })
}

// LoginPassword calls [phoneauth.Service.LoginPassword] in a span.
func (s *Service) LoginPassword(ctx context.Context, r phoneauth.PasswordLoginRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "LoginPassword", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.LoginPassword(ctx, r) })
}

// Refresh calls [phoneauth.Service.Refresh] in a span.
func (s *Service) Refresh(ctx context.Context, r phoneauth.RefreshRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "Refresh", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.Refresh(ctx, r) })
}

// Register calls [phoneauth.Service.Register] in a span.
func (s *Service) Register(ctx context.Context, r phoneauth.RegisterRequest) (*phoneauth.Pending, error) {
	return operation(ctx, s.t, "Register", func(ctx context.Context) (*phoneauth.Pending, error) { return s.Service.Register(ctx, r) })
}

// RegisterPassword calls [phoneauth.Service.RegisterPassword] in a span.
func (s *Service) RegisterPassword(ctx context.Context, r phoneauth.PasswordRequest) (*phoneauth.Pending, error) {
	return operation(ctx, s.t, "RegisterPassword", func(ctx context.Context) (*phoneauth.Pending, error) { return s.Service.RegisterPassword(ctx, r) })
}

// Resend calls [phoneauth.Service.Resend] in a span.
func (s *Service) Resend(ctx context.Context, phone, channel string, a phoneauth.Actor) error {
	return operationErr(ctx, s.t, "Resend", func(ctx context.Context) error { return s.Service.Resend(ctx, phone, channel, a) })
}

// SetBlocked calls [phoneauth.Service.SetBlocked] in a span.
func (s *Service) SetBlocked(ctx context.Context, userID string, blocked bool) error {
	return operationErr(ctx, s.t, "SetBlocked", func(ctx context.Context) error { return s.Service.SetBlocked(ctx, userID, blocked) })
}

// Unlock calls [phoneauth.Service.Unlock] in a span.
func (s *Service) Unlock(ctx context.Context, phone string) error {
	return operationErr(ctx, s.t, "Unlock", func(ctx context.Context) error { return s.Service.Unlock(ctx, phone) })
}

// User calls [phoneauth.Service.User] in a span.
func (s *Service) User(ctx context.Context, c phoneauth.Claims) (phoneauth.User, error) {
	return operation(ctx, s.t, "User", func(ctx context.Context) (phoneauth.User, error) { return s.Service.User(ctx, c) })
}

// Verify calls [phoneauth.Service.Verify] in a span.
func (s *Service) Verify(ctx context.Context, r phoneauth.VerifyRequest) (*phoneauth.Proof, error) {
	return operation(ctx, s.t, "Verify", func(ctx context.Context) (*phoneauth.Proof, error) { return s.Service.Verify(ctx, r) })
}

// EndOtherSessions calls [phoneauth.Service.EndOtherSessions] in a span.
func (s *Service) EndOtherSessions(ctx context.Context, c phoneauth.Claims, devices bool) error {
	return operationErr(ctx, s.t, "EndOtherSessions", func(ctx context.Context) error { return s.Service.EndOtherSessions(ctx, c, devices) })
}

// EndSession calls [phoneauth.Service.EndSession] in a span.
func (s *Service) EndSession(ctx context.Context, userID, sessionID string) error {
	return operationErr(ctx, s.t, "EndSession", func(ctx context.Context) error { return s.Service.EndSession(ctx, userID, sessionID) })
}

// Live calls [phoneauth.Service.Live] in a span.
func (s *Service) Live(ctx context.Context, c phoneauth.Claims) (phoneauth.User, error) {
	return operation(ctx, s.t, "Live", func(ctx context.Context) (phoneauth.User, error) { return s.Service.Live(ctx, c) })
}

// Sessions calls [phoneauth.Service.Sessions] in a span.
func (s *Service) Sessions(ctx context.Context, userID string) ([]phoneauth.SessionInfo, error) {
	return operation(ctx, s.t, "Sessions", func(ctx context.Context) ([]phoneauth.SessionInfo, error) { return s.Service.Sessions(ctx, userID) })
}

// StartSession calls [phoneauth.Service.StartSession] in a span.
func (s *Service) StartSession(ctx context.Context, r phoneauth.StartSessionRequest) (*phoneauth.Session, error) {
	return operation(ctx, s.t, "StartSession", func(ctx context.Context) (*phoneauth.Session, error) { return s.Service.StartSession(ctx, r) })
}

// Export calls [phoneauth.Service.Export] in a span.
func (s *Service) Export(ctx context.Context, userID string) (phoneauth.Export, error) {
	return operation(ctx, s.t, "Export", func(ctx context.Context) (phoneauth.Export, error) { return s.Service.Export(ctx, userID) })
}

// Inspect calls [phoneauth.Service.Inspect] in a span.
func (s *Service) Inspect(ctx context.Context, phone string) (*phoneauth.PhoneState, error) {
	return operation(ctx, s.t, "Inspect", func(ctx context.Context) (*phoneauth.PhoneState, error) { return s.Service.Inspect(ctx, phone) })
}

// InspectUser calls [phoneauth.Service.InspectUser] in a span.
func (s *Service) InspectUser(ctx context.Context, userID string) (*phoneauth.PhoneState, error) {
	return operation(ctx, s.t, "InspectUser", func(ctx context.Context) (*phoneauth.PhoneState, error) { return s.Service.InspectUser(ctx, userID) })
}

// MovePhone calls [phoneauth.Service.MovePhone] in a span.
func (s *Service) MovePhone(ctx context.Context, userID string, proof phoneauth.Secret, a phoneauth.Actor) (*phoneauth.User, error) {
	return operation(ctx, s.t, "MovePhone", func(ctx context.Context) (*phoneauth.User, error) { return s.Service.MovePhone(ctx, userID, proof, a) })
}

// Overview calls [phoneauth.Service.Overview] in a span.
func (s *Service) Overview(ctx context.Context, q phoneauth.OverviewQuery) (phoneauth.Overview, error) {
	return operation(ctx, s.t, "Overview", func(ctx context.Context) (phoneauth.Overview, error) { return s.Service.Overview(ctx, q) })
}

// Remove calls [phoneauth.Service.Remove] in a span.
func (s *Service) Remove(ctx context.Context, userID string, a phoneauth.Actor) error {
	return operationErr(ctx, s.t, "Remove", func(ctx context.Context) error { return s.Service.Remove(ctx, userID, a) })
}

// Reveal calls [phoneauth.Service.Reveal] in a span.
func (s *Service) Reveal(ctx context.Context, state *phoneauth.PhoneState, a phoneauth.Actor) (string, error) {
	return operation(ctx, s.t, "Reveal", func(ctx context.Context) (string, error) { return s.Service.Reveal(ctx, state, a) })
}

// Timeline calls [phoneauth.Service.Timeline] in a span.
func (s *Service) Timeline(ctx context.Context, q phoneauth.TimelineQuery) ([]phoneauth.Entry, error) {
	return operation(ctx, s.t, "Timeline", func(ctx context.Context) ([]phoneauth.Entry, error) { return s.Service.Timeline(ctx, q) })
}

// Import calls [phoneauth.Service.Import] in a span.
func (s *Service) Import(ctx context.Context, users iter.Seq2[phoneauth.ImportUser, error], o phoneauth.ImportOptions) (phoneauth.ImportReport, error) {
	return operation(ctx, s.t, "Import", func(ctx context.Context) (phoneauth.ImportReport, error) { return s.Service.Import(ctx, users, o) })
}
