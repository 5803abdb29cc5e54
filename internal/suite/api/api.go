// Package api is the suite of the four documented APIs and the routes of sessions, over HTTP:
// what each route answers, what it refuses, and what it leaves behind. The root runs it on
// memory, integration on every real store.
package api

import (
	"testing"
	"testing/synctest"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/internal/suite"
)

// Run runs the suite. Where o.Real is set, it makes hashes cheap, so that a parallel test must
// not call it.
func Run(t *testing.T, o suite.Options) {
	if o.Real {
		suite.CheapHashes(t)
	}
	suite.RunParallel(t, o,
		testAPIConnect, testAPIConnectErrors, testAPIConnectOneAnswerForBadCodes, testAPIVerificationToken,
		testAPICodesServeEveryAPI, testAPIConnectPhoneTaken, testAPIConnectOneNewUser, testAPIConnectTappedOften,
		testAPIConnectBlocked, testAPIConnectSendingFailed, testAPIConnectRefusedByHost, testAPIPhone,
		testAPIPhoneResend, testAPIPhoneResendGivesNoTries, testAPIPhoneExpiry, testAPIPhoneForeignSessionTokens,
		testAPIPhoneSessionTokenIsOpaque, testAPIPhoneCodeRules, testAPIUsersByCookie, testAPIUsersBySessionToken,
		testAPIUsersRegisterAgain, testAPIUsersRegisterAgainTries, testAPIUsersAnotherNumberIsAnotherRegistration,
		testAPIUsersTwoRegistrations, testAPIUsersPlantedCookie, testAPIUsersPendingRegistrationsOfAProvedNumber,
		testAPIUsersTakenSendsNothing, testAPIUsersBlocked, testAPIUsersFieldErrors, testAPIUsersPasswordLengths,
		testAPIUsersMSISDN, testAPIUsersExpiry, testAPIRecoverPassword, testAPIRecoverPasswordField,
		testAPIForgetUnknownNumbers, testAPIResetCodeIsForNothingElse, testAPIRecoverGivesAFirstPassword,
		testAPIResetPassword, testAPIResetPasswordOfAUserWithoutOne, testAPIResetPasswordBackoff,
		testAPIResetPasswordVoidsWhatIsOpen, testAPILogin, testAPILoginErrors, testAPILoginCodeWins,
		testAPILoginBlocked, testAPIFirstSignIn, testAPILoginTextIDs, testAPILoginBackoff, testAPILoginPhoneLock,
		testAPIRefresh, testAPIRefreshReuseAfterTheGrace, testAPIRefreshAtOnce, testAPISessionLife, testAPILogout,
		testAPILogoutByAnOldToken, testAPIMe, testAPIDeleteMe, testAPIAccessTokenClaims,
		testAPILogoutNeedsTheHostsHook, testAPILogoutEndsTheHostsSession, testAPILogoutWithoutHostSessions,
		testAPISessions, testAPIEndSession, testAPIEndSessionEndsItsDevice, testAPIEndOtherSessions,
		testAPISessionsUnderHostSessions, testAPIRequireLive, testStartSession, testAPIChangePhone,
		testAPIChangePhoneWantsAFreshSignIn, testAPIChangePhoneTaken, testAPIChangePhoneOfAnother,
		testAPIChangePhoneToTheSame, testAPIChangePhoneNotice, testAPIDeviceTokenIssued, testAPIDeviceTokenStays,
		testAPIDeviceHasItsOwnLock, testAPIDevicesShareACounter, testAPIDevicePasswordCounter, testAPIDeviceEnds,
		testAPIDeviceIsOutsideTheBudgets, testAPIDeviceSurvivesSignOut, testAPISeedConnect, testAPISeedPhone,
		testAPISeedPhoneMasked, testAPISeedUsers, testAPISeedLogin, testAPISeedHostAttributes, testAPIMountedByAPI,
		testAPIMountedAnywhere, testAPIUserView, testAPIHostSessions, testAPIRealms, testAPIOverTLS,
		testAPIHooksThatFail, testAPIRefreshWhileTheHostIsDown, testAPIBeforeSend, testAPITrustedProxy,
		testAPIRequire, testAPIOrderOfRefusals, testAPIMethods, testAPIStoreDown, testAPIStoreHangs,
		testAPIRateLimits, testAPIAddressLimits, testAPIKnownAndUnknownNumbers, testAPIPhoneInput,
		testAPIBodiesThatAreNoObject, testAPIMistypedFields, testAPIHostileNumbers, testAPIHostileSecrets,
		testAPILenientBodies, testAPICookieAttributes, testAPICookieNames, testAPIPlantedRegistrationCookie,
		testAPICrossOrigin, testAPISameOrigin, testAPIPreflight, testAPIPreflightOfOthers,
		testAPIAnswersToATrustedOrigin, testAPICORSUnderHostSessions,
		testAPIChannels, testAPIChannelFails, testAPIOneChannelFails,
		testAPIHumanCheck, testAPIHumanCheckOfAClient, testAPIHumanCheckOrder, testAPIHumanCheckFails,
	)
	if o.Real {
		return
	}
	// These have timers of their own, or a clock that is not the Service's.
	suite.RunParallel(t, o, testAPIJWKS, testAPISenderDown)
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

// bubble runs a test in a bubble of testing/synctest, whose clock is then everybody's.
func bubble(t *testing.T, o suite.Options, f func(*test)) {
	synctest.Test(t, func(t *testing.T) {
		f(&test{Env: suite.Bubble(t, o.Store(t)), options: o})
	})
}

// newStore is the store of the test, and then another one with each call. On a real server it
// may be the same one, emptied.
func (t *test) newStore() phoneauth.Store {
	if !t.used {
		t.used = true
		return t.Store
	}
	return t.options.Store(t)
}
