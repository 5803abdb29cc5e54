// Package service holds the Service to what the tables of docs/states.md cannot say.
package service

import (
	"testing"

	"github.com/phoneauth/phoneauth/internal/suite"
)

// Run runs the suite.
func Run(t *testing.T, o suite.Options) {
	suite.Run(t, o,
		testResendKeepsCodeAndTries, testCodeEndsToTheMicrosecond, testUsedUpCodeIsReplaced, testRetiredKeyBeginsAnew,
		testKeysRotateMidChallenge, testRealmsAreApart, testTestNumbers, testTestNumberEndsOnItsDate, testTriesLeft,
		testHostPurposeCodeEndsWithAnyChange, testTriesLeftToReset, testBeforeSendRefusalAnswersAsASend,
		testRefusedCodeIsSentWhenTheHostSaysYes, testKnownDeviceIsOutsideTheBudgets, testBeforeSignInRefusal,
		testBeforeSendIsAskedOnce, testLocksGrow, testOneLockForAllPurposes, testUncomparedTriesDoNotCount,
		testStrangersDoNotLockTheKnownDevice, testDeviceLockHoldsAtRedemption, testUnlock,
		testRegistrationIsRenewedByItsToken, testRegistrationIsSentAgainWithoutItsPassword, testPlantedTokenCannotSwapThePassword,
		testRegistrationTokenOfAnotherNumberIsIgnored, testRegistrationExpires, testChangePassword,
		testPasswordInEitherForm, testRecoverPassword, testPasswordsOfAnOutageAreNotLimited, testResetLocksKnownAndUnknownAlike, testPasswordsWait,
		testStrangersDoNotStopAChangeOfPassword, testStrangersDoNotStopAChangeUnderHostSessions,
		testResetsHaveBudgetsOfTheirOwn, testEightProofsOfANewNumberAllConnect, testUsedProof, testProofLivesFiveMinutes,
		testChangesVoidSignInProofs, testChangesVoidHostProofs, testChangesVoidPhoneChangeProofs, testChangesVoidCodes,
		testChangesEndSessionsAndDevices, testRedeem, testChangePhoneOutlivesItsClient, testRedeemOfABlockedAccount,
		testRefreshGraceReturnsTheSuccessor, testUsedSuccessorEndsTheGrace, testGraceOverARotationOfKeys, testSessionOf,
		testSessionLives, testEndedSessionsAskForNothing, testAccessTokensAndFreshness, testHostSessions, testBlocked, testDeletedNumberIsFreeAtOnce,
		testRetryIsAnsweredAlike, testRetryEndsWithTheCode, testRetryIsScoped, testRetryAfterAFailure, testRetriesAtOnce,
		testRetryOfAPurpose, testRetryOfAReset, testRetryOfARegistration, testRegistrationsAtOnce,
		testRetryAfterTheTextFails, testRegistrationAfterTheTextFails, testRetryAfterTheStoreFails, testRetryAfterALostAnswer, testRetryAfterAPanic,
		testKnownDevice, testDeleteByCode, testExportByCode, testOwnersCodesAreBound, testTermsReachTheHook,
		testNoticeOfAPassword, testNoticeOfANumber, testNoticeOfALaterChange, testThiefAfterAnEarlierReport, testThiefAfterManyChanges, testReportsAtOnce, testNoticeEnds, testReopenedAccountHasNoNotice,
		testNoticeOfANumberThatIsTaken, testNoLinkWithoutAPage,
		testDatabasesAreAskedAtOnce, testLimitsAnswerBeforeTheAccount, testPanicOfALookUp, testPanicKeepsNoPlace,
		testNoDeletionWhileAChangeCanBeUndone, testNoDeletionAfterAThiefsOwnChanges, testDeskDeletesWhileAChangeCanBeUndone, testMovesAtOnce, testMoveTooLate,
		testOpenerAnswersAsTheVerbsDo, testChangeAfterTheCode, testSessionInPlaceOfAnotherIsReported, testWhoMustSeeTheUserFirst, testWrappedTwiceIsToldOnce,
		testImport, testImportFaults, testImportTwice, testImportAgain, testImportEnds,
	)
	if o.Real {
		return
	}
	// These have timers of their own, or a second store.
	suite.Run(t, o, testNoticesHaveAPlace, testCloseWaits, testTokensOfAnotherUserOfTheSameID, testImportTriesAgain, testDryRunFails, testDryRunPanics, testImportRate,
		testWhichPartsOpenSessions, testPartsThatAreOneStore, testPartsStoreTheSessionOfTheUser, testPartsAreAskedAlike, testLimitsAnswerBeforeTheUsers)
}
