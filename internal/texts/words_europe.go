package texts

// German has its ä ö ü ß in GSM-7.
var german = wording{"de", map[string]words{
	SignIn:               {"{code} ist Ihr Anmeldecode für {service}.", "Geben Sie ihn niemals weiter."},
	PasswordRegistration: {"{code} ist Ihr Code zur Registrierung bei {service} mit Passwort.", "Geben Sie ihn niemals weiter."},
	PasswordReset:        {"{code} ist Ihr Code zum Zurücksetzen Ihres Passworts bei {service}.", "Geben Sie ihn niemals weiter."},
	PhoneChange:          {"{code} ist Ihr Code zum Ändern Ihrer Telefonnummer bei {service}.", "Geben Sie ihn niemals weiter."},
	"account_deletion":   {"{code} ist Ihr Code zum Löschen Ihres Kontos bei {service}.", "Geben Sie ihn niemals weiter."},
	"data_export":        {"{code} ist Ihr Code zum Export Ihrer Daten bei {service}.", "Geben Sie ihn niemals weiter."},
	"":                   {"{code} ist Ihr Code von {service} für: {purpose}.", "Geben Sie ihn niemals weiter."},
	approval:             {"{code} ist Ihr Code von {service} zur Freigabe: {details}.", "Geben Sie ihn niemals weiter."},
	PasswordChanged:      {"Ihr Passwort bei {service} wurde geändert.", "Falls Sie das nicht waren, setzen Sie es sofort zurück."},
	PhoneChanged:         {"Die Telefonnummer Ihres Kontos bei {service} wurde geändert.", "Falls Sie das nicht waren, kontaktieren Sie uns sofort."},
}}

// Dutch is GSM-7, as long as no word needs a diaeresis.
var dutch = wording{"nl", map[string]words{
	SignIn:               {"{code} is je inlogcode voor {service}.", "Deel deze code met niemand."},
	PasswordRegistration: {"{code} is je code om je bij {service} te registreren met wachtwoord.", "Deel deze code met niemand."},
	PasswordReset:        {"{code} is je code om je wachtwoord van {service} te resetten.", "Deel deze code met niemand."},
	PhoneChange:          {"{code} is je code om je telefoonnummer bij {service} te wijzigen.", "Deel deze code met niemand."},
	"account_deletion":   {"{code} is je code om je account bij {service} te verwijderen.", "Deel deze code met niemand."},
	"data_export":        {"{code} is je code om je gegevens bij {service} te exporteren.", "Deel deze code met niemand."},
	"":                   {"{code} is je code van {service} voor: {purpose}.", "Deel deze code met niemand."},
	approval:             {"{code} is je code van {service} om goed te keuren: {details}.", "Deel deze code met niemand."},
	PasswordChanged:      {"Je wachtwoord van {service} is gewijzigd.", "Was jij dit niet? Reset het dan meteen."},
	PhoneChanged:         {"Het nummer van je account bij {service} is gewijzigd.", "Was jij dit niet? Neem dan meteen contact met ons op."},
}}

// Swedish has its å ä ö in GSM-7.
var swedish = wording{"sv", map[string]words{
	SignIn:               {"{code} är din inloggningskod till {service}.", "Dela den aldrig."},
	PasswordRegistration: {"{code} är din kod för att registrera dig på {service} med lösenord.", "Dela den aldrig."},
	PasswordReset:        {"{code} är din kod för att återställa ditt lösenord till {service}.", "Dela den aldrig."},
	PhoneChange:          {"{code} är din kod för att byta telefonnummer på {service}.", "Dela den aldrig."},
	"account_deletion":   {"{code} är din kod för att ta bort ditt konto på {service}.", "Dela den aldrig."},
	"data_export":        {"{code} är din kod för att exportera dina uppgifter från {service}.", "Dela den aldrig."},
	"":                   {"{code} är din kod från {service} för: {purpose}.", "Dela den aldrig."},
	approval:             {"{code} är din kod från {service} för att godkänna: {details}.", "Dela den aldrig."},
	PasswordChanged:      {"Ditt lösenord till {service} har ändrats.", "Om det inte var du, återställ det genast."},
	PhoneChanged:         {"Telefonnumret till ditt konto på {service} har ändrats.", "Om det inte var du, kontakta oss genast."},
}}

// Italian has its à è é ì ò ù in GSM-7. No word tells the gender of the reader.
var italian = wording{"it", map[string]words{
	SignIn:               {"{code} è il tuo codice per accedere a {service}.", "Non condividerlo con nessuno."},
	PasswordRegistration: {"{code} è il tuo codice per registrarti a {service} con password.", "Non condividerlo con nessuno."},
	PasswordReset:        {"{code} è il tuo codice per reimpostare la password di {service}.", "Non condividerlo con nessuno."},
	PhoneChange:          {"{code} è il tuo codice per cambiare numero di telefono su {service}.", "Non condividerlo con nessuno."},
	"account_deletion":   {"{code} è il tuo codice per eliminare il tuo account {service}.", "Non condividerlo con nessuno."},
	"data_export":        {"{code} è il tuo codice per esportare i tuoi dati da {service}.", "Non condividerlo con nessuno."},
	"":                   {"{code} è il tuo codice {service} per: {purpose}.", "Non condividerlo con nessuno."},
	approval:             {"{code} è il tuo codice {service} per approvare: {details}.", "Non condividerlo con nessuno."},
	PasswordChanged:      {"La password del tuo account {service} è stata cambiata.", "Se non riconosci questa modifica, reimpostala subito."},
	PhoneChanged:         {"Il numero di telefono del tuo account {service} è cambiato.", "Se non riconosci questa modifica, contattaci subito."},
}}

// Portuguese is that of Brazil. It keeps to GSM-7, which has é, and neither ã nor ó: "PIN" for "código".
var portuguese = wording{"pt", map[string]words{
	SignIn:               {"{code} é seu PIN para entrar em {service}.", "Nunca compartilhe."},
	PasswordRegistration: {"{code} é seu PIN para criar uma conta em {service} com senha.", "Nunca compartilhe."},
	PasswordReset:        {"{code} é seu PIN para redefinir sua senha de {service}.", "Nunca compartilhe."},
	PhoneChange:          {"{code} é seu PIN para trocar seu telefone em {service}.", "Nunca compartilhe."},
	"account_deletion":   {"{code} é seu PIN para excluir sua conta em {service}.", "Nunca compartilhe."},
	"data_export":        {"{code} é seu PIN para exportar seus dados de {service}.", "Nunca compartilhe."},
	"":                   {"{code} é seu PIN de {service} para: {purpose}.", "Nunca compartilhe."},
	approval:             {"{code} é seu PIN de {service} para aprovar: {details}.", "Nunca compartilhe."},
	PasswordChanged:      {"Sua senha de {service} foi alterada.", "Se foi outra pessoa, redefina a senha agora."},
	PhoneChanged:         {"O telefone de sua conta em {service} foi alterado.", "Se foi outra pessoa, fale conosco agora."},
}}

// Romanian keeps to GSM-7 by words that need no ă â î ș ț.
var romanian = wording{"ro", map[string]words{
	SignIn:               {"{code} este codul de conectare la {service}.", "Nu-l comunica altcuiva."},
	PasswordRegistration: {"{code} este codul pentru a crea un cont {service} cu parola ta.", "Nu-l comunica altcuiva."},
	PasswordReset:        {"{code} este codul pentru resetarea parolei {service}.", "Nu-l comunica altcuiva."},
	PhoneChange:          {"{code} este codul pentru a schimba telefonul contului {service}.", "Nu-l comunica altcuiva."},
	"account_deletion":   {"{code} este codul pentru a elimina contul {service}.", "Nu-l comunica altcuiva."},
	"data_export":        {"{code} este codul pentru a exporta datele tale {service}.", "Nu-l comunica altcuiva."},
	"":                   {"{code} este codul {service} pentru: {purpose}.", "Nu-l comunica altcuiva."},
	approval:             {"{code} este codul {service} pentru a aproba: {details}.", "Nu-l comunica altcuiva."},
	PasswordChanged:      {"Parola contului {service} s-a schimbat.", "Nu ai fost tu? Cere imediat resetarea ei."},
	PhoneChanged:         {"Telefonul contului {service} s-a schimbat.", "Nu ai fost tu? Scrie-ne imediat."},
}}

// Greek is UCS-2: GSM-7 has ten of its capitals. "συνθηματικό" is the password, because "κωδικός" is the code.
var greek = wording{"el", map[string]words{
	SignIn:               {"{code} κωδικός σύνδεσης στο {service}.", "Μην τον μοιραστείτε."},
	PasswordRegistration: {"{code} κωδικός εγγραφής με συνθηματικό {service}.", "Μην τον μοιραστείτε."},
	PasswordReset:        {"{code} κωδικός επαναφοράς συνθηματικού {service}.", "Μην τον μοιραστείτε."},
	PhoneChange:          {"{code} κωδικός για αλλαγή αριθμού στο {service}.", "Μην τον μοιραστείτε."},
	"account_deletion":   {"{code} κωδικός διαγραφής λογαριασμού {service}.", "Μην τον μοιραστείτε."},
	"data_export":        {"{code} κωδικός εξαγωγής δεδομένων {service}.", "Μην τον μοιραστείτε."},
	"":                   {"{code} κωδικός {service} για: {purpose}.", "Μην τον μοιραστείτε."},
	approval:             {"{code} κωδικός {service} για έγκριση: {details}.", "Μην τον μοιραστείτε."},
	PasswordChanged:      {"Το συνθηματικό σας στο {service} άλλαξε.", "Δεν ήσασταν εσείς; Επαναφέρετέ το."},
	PhoneChanged:         {"Ο αριθμός σας στο {service} άλλαξε.", "Δεν ήσασταν εσείς; Επικοινωνήστε."},
}}
