// Package api is the suite of the four documented APIs and the routes of sessions, over HTTP:
// what each route answers, what it refuses, and what it leaves behind. The root runs it on
// memory, integration on every real store.
package api

import (
	"testing"
	"testing/synctest"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/argon2id"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Run holds a Service on the stores of o to the contract of its routes. Where o.Real is set,
// Run must not be called by a parallel test: it makes hashes cheap for all of the program.
func Run(t *testing.T, o suite.Options) {
	if o.Real {
		cheapHashes(t)
	}
	for _, tt := range tests {
		if o.Real && tt.on != everyStore {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			switch {
			case o.Real:
				tt.run(newTest(t, o))
			case tt.on == bubble:
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { tt.run(newTest(t, o)) })
			default:
				t.Parallel()
				tt.run(newTest(t, o))
			}
		})
	}
}

// cheapHashes makes argon2id cheap for the rest of a test, which must not be parallel: the
// cost is a variable of internal/argon2id.
func cheapHashes(t *testing.T) {
	t.Helper()
	t.Setenv("PHONEAUTH_CHEAP_HASHES", "1") // panics in a parallel test
	was := argon2id.Default
	argon2id.Default = argon2id.Cost{Memory: 8, Time: 1, Threads: 1}
	t.Cleanup(func() { argon2id.Default = was })
}

// test is one test of the suite. All of its servers have one clock.
type test struct {
	*suite.Env
	options suite.Options
	used    bool // its Store
}

func newTest(t testing.TB, o suite.Options) *test {
	return &test{Env: suite.New(t, o.Store(t)), options: o}
}

// newStore is another empty store with each call.
func (t *test) newStore() phoneauth.Store {
	if !t.used {
		t.used = true
		return t.Store
	}
	return t.options.Store(t)
}

// where says which stores a test runs on.
type where int

const (
	everyStore where = iota
	// onMemory: the test asks nothing of a store that another does not ask.
	onMemory
	// bubble: on memory, in a bubble of synctest, because it waits for timers.
	bubble
)

// tests are all tests, by the files that they are in. docs/security.md names some.
var tests = []struct {
	name string
	run  func(*test)
	on   where
}{
	{name: "TestAPIConnect", run: testConnect},
	{name: "TestAPIConnectErrors", run: testConnectErrors},
	{name: "TestAPIConnectOneAnswerForBadCodes", run: testConnectOneAnswerForBadCodes},
	{name: "TestAPIVerificationToken", run: testVerificationToken},
	{name: "TestAPICodesServeEveryAPI", run: testCodesServeEveryAPI},
	{name: "TestAPIConnectPhoneTaken", run: testConnectPhoneTaken},
	{name: "TestAPIConnectOneNewUser", run: testConnectOneNewUser},
	{name: "TestAPIConnectTappedOften", run: testConnectTappedOften},
	{name: "TestAPIConnectBlocked", run: testConnectBlocked},
	{name: "TestAPIConnectSendingFailed", run: testConnectSendingFailed},
	{name: "TestAPIConnectRefusedByHost", run: testConnectRefusedByHost},
	{name: "TestAPIPhone", run: testPhone},
	{name: "TestAPIPhoneResend", run: testPhoneResend},
	{name: "TestAPIPhoneResendGivesNoTries", run: testPhoneResendGivesNoTries},
	{name: "TestAPIPhoneExpiry", run: testPhoneExpiry},
	{name: "TestAPIPhoneForeignSessionTokens", run: testPhoneForeignSessionTokens},
	{name: "TestAPIPhoneSessionTokenIsOpaque", run: testPhoneSessionTokenIsOpaque},
	{name: "TestAPIPhoneCodeRules", run: testPhoneCodeRules},
	{name: "TestAPIUsersByCookie", run: testUsersByCookie},
	{name: "TestAPIUsersBySessionToken", run: testUsersBySessionToken},
	{name: "TestAPIUsersRegisterAgain", run: testUsersRegisterAgain},
	{name: "TestAPIUsersRegisterAgainTries", run: testUsersRegisterAgainTries},
	{name: "TestAPIUsersAnotherNumberIsAnotherRegistration", run: testUsersAnotherNumberIsAnotherRegistration},
	{name: "TestAPIUsersTwoRegistrations", run: testUsersTwoRegistrations},
	{name: "TestAPIUsersPlantedCookie", run: testUsersPlantedCookie},
	{name: "TestAPIUsersPendingRegistrationsOfAProvedNumber", run: testUsersPendingRegistrationsOfAProvedNumber},
	{name: "TestAPIUsersTakenSendsNothing", run: testUsersTakenSendsNothing},
	{name: "TestAPIUsersBlocked", run: testUsersBlocked},
	{name: "TestAPIUsersFieldErrors", run: testUsersFieldErrors},
	{name: "TestAPIUsersPasswordLengths", run: testUsersPasswordLengths},
	{name: "TestAPIUsersMSISDN", run: testUsersMSISDN},
	{name: "TestAPIUsersExpiry", run: testUsersExpiry},
	{name: "TestAPIRecoverPassword", run: testRecoverPassword},
	{name: "TestAPIRecoverPasswordField", run: testRecoverPasswordField},
	{name: "TestAPIForgetUnknownNumbers", run: testForgetUnknownNumbers},
	{name: "TestAPIResetCodeIsForNothingElse", run: testResetCodeIsForNothingElse},
	{name: "TestAPIRecoverGivesAFirstPassword", run: testRecoverGivesAFirstPassword},
	{name: "TestAPIResetPassword", run: testResetPassword},
	{name: "TestAPIResetPasswordOfAUserWithoutOne", run: testResetPasswordOfAUserWithoutOne},
	{name: "TestAPIResetPasswordBackoff", run: testResetPasswordBackoff},
	{name: "TestAPIResetPasswordVoidsWhatIsOpen", run: testResetPasswordVoidsWhatIsOpen},
	{name: "TestAPILogin", run: testLogin},
	{name: "TestAPILoginErrors", run: testLoginErrors},
	{name: "TestAPILoginCodeWins", run: testLoginCodeWins},
	{name: "TestAPILoginBlocked", run: testLoginBlocked},
	{name: "TestAPIFirstSignIn", run: testFirstSignIn},
	{name: "TestAPILoginTextIDs", run: testLoginTextIDs},
	{name: "TestAPILoginBackoff", run: testLoginBackoff},
	{name: "TestAPILoginPhoneLock", run: testLoginPhoneLock},
	{name: "TestAPIRefresh", run: testRefresh},
	{name: "TestAPIRefreshReuseAfterTheGrace", run: testRefreshReuseAfterTheGrace},
	{name: "TestAPIRefreshAtOnce", run: testRefreshAtOnce},
	{name: "TestAPISessionLife", run: testSessionLife},
	{name: "TestAPILogout", run: testLogout},
	{name: "TestAPILogoutByAnOldToken", run: testLogoutByAnOldToken},
	{name: "TestAPIMe", run: testMe},
	{name: "TestAPIDeleteMe", run: testDeleteMe},
	{name: "TestAPIAccessTokenClaims", run: testAccessTokenClaims},
	{name: "TestAPILogoutNeedsTheHostsHook", run: testLogoutNeedsTheHostsHook},
	{name: "TestAPILogoutEndsTheHostsSession", run: testLogoutEndsTheHostsSession},
	{name: "TestAPILogoutWithoutHostSessions", run: testLogoutWithoutHostSessions},
	{name: "TestAPISessions", run: testSessions},
	{name: "TestAPIEndSession", run: testEndSession},
	{name: "TestAPIEndSessionEndsItsDevice", run: testEndSessionEndsItsDevice},
	{name: "TestAPIEndOtherSessions", run: testEndOtherSessions},
	{name: "TestAPISessionsUnderHostSessions", run: testSessionsUnderHostSessions},
	{name: "TestAPIRequireLive", run: testRequireLive},
	{name: "TestStartSession", run: testStartSession},
	{name: "TestAPIChangePhone", run: testChangePhone},
	{name: "TestAPIChangePhoneWantsAFreshSignIn", run: testChangePhoneWantsAFreshSignIn},
	{name: "TestAPIChangePhoneTaken", run: testChangePhoneTaken},
	{name: "TestAPIChangePhoneOfAnother", run: testChangePhoneOfAnother},
	{name: "TestAPIChangePhoneToTheSame", run: testChangePhoneToTheSame},
	{name: "TestAPIChangePhoneNotice", run: testChangePhoneNotice},
	{name: "TestAPIDeviceTokenIssued", run: testDeviceTokenIssued},
	{name: "TestAPIDeviceTokenStays", run: testDeviceTokenStays},
	{name: "TestAPIDeviceHasItsOwnLock", run: testDeviceHasItsOwnLock},
	{name: "TestAPIDevicesShareACounter", run: testDevicesShareACounter},
	{name: "TestAPIDevicePasswordCounter", run: testDevicePasswordCounter},
	{name: "TestAPIDeviceEnds", run: testDeviceEnds},
	{name: "TestAPIDeviceIsOutsideTheBudgets", run: testDeviceIsOutsideTheBudgets},
	{name: "TestAPIDeviceSurvivesSignOut", run: testDeviceSurvivesSignOut},
	{name: "TestAPISeedConnect", run: testSeedConnect},
	{name: "TestAPISeedPhone", run: testSeedPhone},
	{name: "TestAPISeedPhoneMasked", run: testSeedPhoneMasked},
	{name: "TestAPISeedUsers", run: testSeedUsers},
	{name: "TestAPISeedLogin", run: testSeedLogin},
	{name: "TestAPISeedHostAttributes", run: testSeedHostAttributes},
	{name: "TestAPIMountedByAPI", run: testMountedByAPI},
	{name: "TestAPIMountedAnywhere", run: testMountedAnywhere},
	{name: "TestAPIUserView", run: testUserView},
	{name: "TestAPIHostSessions", run: testHostSessions},
	{name: "TestAPIRealms", run: testRealms},
	{name: "TestAPIJWKS", run: testJWKS, on: bubble},
	{name: "TestAPIOverTLS", run: testOverTLS},
	{name: "TestAPIHooksThatFail", run: testHooksThatFail},
	{name: "TestAPIRefreshWhileTheHostIsDown", run: testRefreshWhileTheHostIsDown},
	{name: "TestAPIBeforeSend", run: testBeforeSend},
	{name: "TestAPITrustedProxy", run: testTrustedProxy},
	{name: "TestAPIRequire", run: testRequire},
	{name: "TestAPIOrderOfRefusals", run: testOrderOfRefusals},
	{name: "TestAPIMethods", run: testMethods},
	{name: "TestAPIStoreDown", run: testStoreDown},
	{name: "TestAPIStoreHangs", run: testStoreHangs},
	{name: "TestAPISenderDown", run: testSenderDown, on: bubble},
	{name: "TestAPIRateLimits", run: testRateLimits},
	{name: "TestAPIAddressLimits", run: testAddressLimits},
	{name: "TestAPIKnownAndUnknownNumbers", run: testKnownAndUnknownNumbers},
	{name: "TestAPIPhoneInput", run: testPhoneInput},
	{name: "TestAPIBodiesThatAreNoObject", run: testBodiesThatAreNoObject},
	{name: "TestAPIMistypedFields", run: testMistypedFields},
	{name: "TestAPIHostileNumbers", run: testHostileNumbers},
	{name: "TestAPIHostileSecrets", run: testHostileSecrets},
	{name: "TestAPILenientBodies", run: testLenientBodies},
	{name: "TestAPICookieAttributes", run: testCookieAttributes},
	{name: "TestAPICookieNames", run: testCookieNames},
	{name: "TestAPIPlantedRegistrationCookie", run: testPlantedRegistrationCookie},
	{name: "TestAPICrossOrigin", run: testCrossOrigin},
	{name: "TestAPISameOrigin", run: testSameOrigin},
	{name: "TestAPIPreflight", run: testPreflight},
	{name: "TestAPIPreflightOfOthers", run: testPreflightOfOthers},
	{name: "TestAPIAnswersToATrustedOrigin", run: testAnswersToATrustedOrigin},
	{name: "TestAPICORSUnderHostSessions", run: testCORSUnderHostSessions},
}
