// Package promises holds the Service to the promises of docs/security.md, over whatever
// Store. Those of the stores are in package storetest.
package promises

import (
	"testing"

	"github.com/phoneauth/phoneauth/internal/suite"
)

// Run runs the promises. Its subtest Races has what is run for Rounds, at once in memory.
func Run(t *testing.T, o suite.Options) {
	t.Run("Races", func(t *testing.T) {
		suite.RunParallel(t, o,
			testCodeWinsOnce, testProofWinsOnce, testHostsProofWinsOnce, testRefreshTokenHasOneSuccessor,
			testOneAccountPerNumber, testTriesAreExact, testLimitsNeverOvershoot,
		)
	})
	suite.Run(t, o,
		testPromiseBudgetPumped, testPromiseBudgetEarned, testPromiseBudgetDevices, testPromiseBudgetTestNumbers,
		testPromiseBudgetOrder, testPromiseHookFails, testPromisePhoneFailures, testPromiseResendKeepsFailures,
		testPromiseUncomparedTries, testPromiseDeviceFailures, testPromisePasswordWaits, testPromiseHangUp,
		testPromiseHangUpIsSent, testPromiseTemporaryIsGivenBack, testPromiseResetGivesNothingBack,
		testPromiseCooldownIsGivenBack, testPromiseFailuresEarnNothing, testPromiseFailureKeepsTheCode, testPromiseResetsTellNothing, testPromiseDeviceSends, testPromiseDeviceScore, testPromiseDeviceCharges, testPromiseDeviceChargesAtOnce,
		testPromiseRetryAfter, testPromisePhoneSends, testPromiseRehash, testPromiseHundredSessions,
		testPromiseRightPasswordsAreLimited, testPromisePasswordsAreTold, testPromiseEpochs, testPromiseFutureAuthTime,
		testPromiseChangesCancelTwice, testPromiseRecoverBlocked, testPromiseDeviceOfAnotherAccount, testPromiseEndedDevicesStayEnded,
		testPromiseSendsAreGivenBack, testPromiseHostSessionsHaveDevices, testPromiseRefreshedIsTold, testPromiseClaimsThatCannotBeIssued, testPromiseNoTokenNoSession, testPromiseClaimsNameAUser,
		testPromiseTokenKinds, testPromiseRealms,
		testPromiseOtherPhone, testPromiseTokenSizes, testPromiseTiming,
	)
	if !o.Real {
		inMemory(t, o)
	}
}

// inMemory are those that count hashes, have timers of their own, take long, or ask no
// store.
func inMemory(t *testing.T, o suite.Options) {
	suite.Run(t, o,
		testPromisesSeeTheBug,
		testPromiseKnownAndUnknown, testPromiseBudgetAttack, testPromiseFailClosed,
		testPromiseSenderFails, testPromiseConfigFaults, testPromiseConfigRequired, testPromiseConfigCopied,
		testPromiseAtOnce, testPromiseNothingSentTakesAsLong, testPromiseResetsSwitchedOff, testPromisePasswordFlood,
		testPromiseBusyKeepsTheCode, testPromisePasswordLength, testPromiseNoSecretLeaks, testPromiseSecretPrints, testPromiseOpenedPrints, testPromiseNumberPrints,
		testPromiseHashPlaces, testPromiseUnknownHashIsLogged, testPromiseTampering,
	)
}
