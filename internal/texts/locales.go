package texts

import (
	"slices"
	"strings"
	"sync"

	"github.com/phoneauth/phoneauth/internal/client"
	"github.com/phoneauth/phoneauth/internal/languages"
)

// A text begins with the code, where phones and people look for it, and names the
// purpose, so that a code given away to a caller says what it opens. It contains no number,
// person or link, because the client that asked for the code could have chosen them. A
// notice contains no link but that of Rules.NotMeURL, which the host chose.
//
// To add a language: its words here or in words_*.go, its name in wordings and its row in
// docs/languages.md. "go test ./internal/texts -update" then writes what people will get to
// testdata/golden.txt, to be read.

// purposes have words in every language.
var purposes = []string{
	SignIn, PasswordRegistration, PasswordReset, PhoneChange,
	AccountDeletion, DataExport, AccountUnlock,
	PasswordChanged, PhoneChanged, DataExported,
}

// wordings are what a locale is matched with. The first serves all others.
var wordings = []*wording{
	&english, &french, &spanish, &arabic, &hindi,
	&german, &dutch, &swedish, &italian, &portuguese, &romanian, &greek,
	&czech, &polish, &russian, &ukrainian,
	&hebrew, &persian, &urdu, &turkish,
	&indonesian, &malay, &filipino, &swahili, &vietnamese,
	&bengali, &thai, &japanese, &korean, &chinese, &traditionalChinese,
}

// English is GSM-7.
var english = wording{"en", map[string]words{
	SignIn:               {"{code} is your {service} sign-in code.", "Never share it."},
	PasswordRegistration: {"{code} is your {service} code to sign up with a password.", "Never share it."},
	PasswordReset:        {"{code} is your {service} code to reset your password.", "Never share it."},
	PhoneChange:          {"{code} is your {service} code to change your phone number.", "Never share it."},
	AccountDeletion:      {"{code} is your {service} code to delete your account.", "Never share it."},
	DataExport:           {"{code} is your {service} code to download your data.", "Never share it."},
	AccountUnlock:        {"{code} is your {service} code to unlock your account.", "Never share it."},
	"":                   {"{code} is your {service} code for: {purpose}.", "Never share it."},
	approval:             {"{code} is your {service} code to approve: {details}.", "Never share it."},
	PasswordChanged:      {"Your {service} password was changed.", "If it was not you, reset it now."},
	PhoneChanged:         {"The phone number of your {service} account was changed.", "If it was not you, contact us now."},
	DataExported:         {"The data of your {service} account was downloaded.", "If it was not you, contact us now."},
	notMe:                {text: "Was it not you? {link}"},
}}

// French keeps to GSM-7, which has é è à ù, and neither ç nor a circumflex.
var french = wording{"fr", map[string]words{
	SignIn:               {"{code} est votre code de connexion à {service}.", "Ne le communiquez à personne."},
	PasswordRegistration: {"{code} est votre code d'inscription à {service} avec mot de passe.", "Ne le communiquez à personne."},
	PasswordReset:        {"{code} est votre code pour réinitialiser votre mot de passe {service}.", "Ne le communiquez à personne."},
	PhoneChange:          {"{code} est votre code pour changer de numéro sur {service}.", "Ne le communiquez à personne."},
	AccountDeletion:      {"{code} est votre code pour supprimer votre compte {service}.", "Ne le communiquez à personne."},
	DataExport:           {"{code} est votre code pour télécharger vos données {service}.", "Ne le communiquez à personne."},
	AccountUnlock:        {"{code} est votre code pour déverrouiller votre compte {service}.", "Ne le communiquez à personne."},
	"":                   {"{code} est votre code {service} pour : {purpose}.", "Ne le communiquez à personne."},
	approval:             {"{code} est votre code {service} pour valider : {details}.", "Ne le communiquez à personne."},
	PasswordChanged:      {"Votre mot de passe {service} a été modifié.", "Si ce n'était pas vous, réinitialisez-le tout de suite."},
	PhoneChanged:         {"Le numéro de téléphone de votre compte {service} a été modifié.", "Si ce n'était pas vous, contactez-nous tout de suite."},
	DataExported:         {"Les données de votre compte {service} ont été téléchargées.", "Si ce n'était pas vous, contactez-nous tout de suite."},
	notMe:                {text: "Ce n'était pas vous ? {link}"},
}}

// Spanish keeps to GSM-7, which has é ñ, and no á í ó ú: "clave" for "código".
var spanish = wording{"es", map[string]words{
	SignIn:               {"{code} es tu clave para acceder a {service}.", "No la compartas con nadie."},
	PasswordRegistration: {"{code} es tu clave para registrarte en {service} con contraseña.", "No la compartas con nadie."},
	PasswordReset:        {"{code} es tu clave para restablecer tu contraseña de {service}.", "No la compartas con nadie."},
	PhoneChange:          {"{code} es tu clave para cambiar tu teléfono en {service}.", "No la compartas con nadie."},
	AccountDeletion:      {"{code} es tu clave para eliminar tu cuenta de {service}.", "No la compartas con nadie."},
	DataExport:           {"{code} es tu clave para descargar tus datos de {service}.", "No la compartas con nadie."},
	AccountUnlock:        {"{code} es tu clave para desbloquear tu cuenta de {service}.", "No la compartas con nadie."},
	"":                   {"{code} es tu clave de {service} para: {purpose}.", "No la compartas con nadie."},
	approval:             {"{code} es tu clave de {service} para aprobar: {details}.", "No la compartas con nadie."},
	PasswordChanged:      {"Tu contraseña de {service} ha cambiado.", "Si no reconoces este cambio, restablécela ahora."},
	PhoneChanged:         {"El teléfono de tu cuenta de {service} ha cambiado.", "Si no reconoces este cambio, contacta con nosotros."},
	DataExported:         {"Se han descargado los datos de tu cuenta de {service}.", "Si no reconoces esta descarga, contacta con nosotros."},
	notMe:                {text: "¿No fue cosa tuya? {link}"},
}}

// Arabic has a letter of its own before the name, so that the text runs from right to
// left whatever the name is; digits stay Western, as they are typed.
var arabic = wording{"ar", map[string]words{
	SignIn:               {"{code} رمز الدخول إلى {service}.", "لا تشاركه مع أحد."},
	PasswordRegistration: {"{code} رمز التسجيل في {service} بكلمة مرور.", "لا تشاركه مع أحد."},
	PasswordReset:        {"{code} رمز استعادة كلمة مرور {service}.", "لا تشاركه مع أحد."},
	PhoneChange:          {"{code} رمز تغيير رقم هاتفك في {service}.", "لا تشاركه مع أحد."},
	AccountDeletion:      {"{code} رمز حذف حسابك في {service}.", "لا تشاركه مع أحد."},
	DataExport:           {"{code} رمز تنزيل بياناتك من {service}.", "لا تشاركه مع أحد."},
	AccountUnlock:        {"{code} رمز فتح حسابك المقفل في {service}.", "لا تشاركه مع أحد."},
	"":                   {"{code} رمز {service} لغرض: {purpose}.", "لا تشاركه مع أحد."},
	approval:             {"{code} رمز {service} للموافقة على: {details}.", "لا تشاركه مع أحد."},
	PasswordChanged:      {"تم تغيير كلمة مرورك في {service}.", "إن لم تكن أنت، فأعد تعيينها الآن."},
	PhoneChanged:         {"تم تغيير رقم هاتف حسابك في {service}.", "إن لم تكن أنت، فتواصل معنا الآن."},
	DataExported:         {"تم تنزيل بيانات حسابك في {service}.", "إن لم تكن أنت، فتواصل معنا الآن."},
	notMe:                {text: "لم تكن أنت؟ {link}"},
}}

// Hindi uses the English words that its speakers use for these things.
var hindi = wording{"hi", map[string]words{
	SignIn:               {"{code} आपका {service} साइन-इन कोड है।", "इसे किसी को न बताएँ।"},
	PasswordRegistration: {"{code} {service} पर पासवर्ड से साइन-अप का कोड है।", "इसे किसी को न बताएँ।"},
	PasswordReset:        {"{code} आपका {service} पासवर्ड रीसेट कोड है।", "इसे किसी को न बताएँ।"},
	PhoneChange:          {"{code} {service} पर फ़ोन नंबर बदलने का कोड है।", "इसे किसी को न बताएँ।"},
	AccountDeletion:      {"{code} आपका {service} खाता हटाने का कोड है।", "इसे किसी को न बताएँ।"},
	DataExport:           {"{code} {service} का डेटा डाउनलोड करने का कोड है।", "इसे किसी को न बताएँ।"},
	AccountUnlock:        {"{code} आपका {service} खाता अनलॉक करने का कोड है।", "इसे किसी को न बताएँ।"},
	"":                   {"{code} {purpose} के लिए आपका {service} कोड है।", "इसे किसी को न बताएँ।"},
	approval:             {"{code} {details} की मंज़ूरी के लिए आपका {service} कोड है।", "इसे किसी को न बताएँ।"},
	PasswordChanged:      {"आपका {service} पासवर्ड बदल गया है।", "आपने नहीं बदला? अभी रीसेट करें।"},
	PhoneChanged:         {"आपके {service} खाते का फ़ोन नंबर बदल गया है।", "आपने नहीं बदला? हमसे संपर्क करें।"},
	DataExported:         {"आपके {service} खाते का डेटा डाउनलोड हुआ।", "आपने नहीं किया? हमसे संपर्क करें।"},
	notMe:                {text: "आपने नहीं बदला? {link}"},
}}

// matcher is built when a client first asks for a language that is not listed exactly.
var matcher = sync.OnceValue(func() *languages.Languages {
	codes := make([]string, len(wordings))
	for i, w := range wordings {
		codes[i] = w.locale
	}
	return languages.New(codes...)
})

// wordingFor returns the wording that serves a locale under r.
func (r Rules) wordingFor(locale string) *wording {
	w := nearest(locale)
	if len(r.Locales) > 0 && !slices.Contains(r.Locales, w.locale) {
		return &english
	}
	return w
}

// nearest returns the wording that serves a locale, as CLDR has it: French for Breton,
// English for what is unknown or malformed.
func nearest(locale string) *wording {
	if locale == "" || len(locale) > client.MaxLocale {
		return &english
	}
	for _, w := range wordings { // "fr", "fr-CA", "es-419": a tenth of the time, and most there are
		if region, ok := strings.CutPrefix(locale, w.locale); ok &&
			(region == "" || region[0] == '-' && len(region) <= len("-419")) {
			return w
		}
	}
	if i := slices.IndexFunc(wordings, named(matcher().Nearest(locale))); i >= 0 {
		return wordings[i]
	}
	return &english
}

func named(locale string) func(*wording) bool {
	return func(w *wording) bool { return w.locale == locale }
}
