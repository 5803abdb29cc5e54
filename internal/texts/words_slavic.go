package texts

// Czech is UCS-2.
var czech = wording{"cs", map[string]words{
	SignIn:               {"{code} je kód pro přihlášení do {service}.", "Nikomu ho nesdělujte."},
	PasswordRegistration: {"{code} je kód k registraci s heslem u {service}.", "Nikomu ho nesdělujte."},
	PasswordReset:        {"{code} je kód k obnovení hesla u {service}.", "Nikomu ho nesdělujte."},
	PhoneChange:          {"{code} je kód ke změně telefonu u {service}.", "Nikomu ho nesdělujte."},
	AccountDeletion:      {"{code} je kód ke smazání účtu u {service}.", "Nikomu ho nesdělujte."},
	DataExport:           {"{code} je kód ke stažení dat z {service}.", "Nikomu ho nesdělujte."},
	AccountUnlock:        {"{code} je kód k odemčení účtu u {service}.", "Nikomu ho nesdělujte."},
	"":                   {"{code} je kód {service} pro: {purpose}.", "Nikomu ho nesdělujte."},
	approval:             {"{code} je kód {service} ke schválení: {details}.", "Nikomu ho nesdělujte."},
	PasswordChanged:      {"Heslo u {service} bylo změněno.", "Nebyli jste to vy? Ihned ho obnovte."},
	PhoneChanged:         {"Telefon účtu {service} byl změněn.", "Nebyli jste to vy? Ozvěte se nám."},
	DataExported:         {"Data vašeho účtu {service} byla stažena.", "Nebyli jste to vy? Ozvěte se nám."},
	notMe:                {text: "Nebyli jste to vy? {link}"},
}}

// Polish is GSM-7 where a text does not need a letter such as ł.
var polish = wording{"pl", map[string]words{
	SignIn:               {"{code} to kod logowania do {service}.", "Nie podawaj go nikomu."},
	PasswordRegistration: {"{code} to kod rejestracji z hasłem w {service}.", "Nie podawaj go nikomu."},
	PasswordReset:        {"{code} to kod do zmiany hasła w {service}.", "Nie podawaj go nikomu."},
	PhoneChange:          {"{code} to kod do zmiany numeru telefonu w {service}.", "Nie podawaj go nikomu."},
	AccountDeletion:      {"{code} to kod do usunięcia konta w {service}.", "Nie podawaj go nikomu."},
	DataExport:           {"{code} to kod do pobrania danych z {service}.", "Nie podawaj go nikomu."},
	AccountUnlock:        {"{code} to kod do odblokowania konta w {service}.", "Nie podawaj go nikomu."},
	"":                   {"{code} to kod {service} do: {purpose}.", "Nie podawaj go nikomu."},
	approval:             {"{code} to kod {service} do zatwierdzenia: {details}.", "Nie podawaj go nikomu."},
	PasswordChanged:      {"Hasło w {service} zostało zmienione.", "To nie Ty? Zresetuj je teraz."},
	PhoneChanged:         {"Zmieniono numer telefonu konta w {service}.", "To nie Ty? Napisz do nas."},
	DataExported:         {"Dane konta w {service} zostały pobrane.", "To nie Ty? Napisz do nas."},
	notMe:                {text: "To nie Ty? {link}"},
}}

// Russian is UCS-2.
var russian = wording{"ru", map[string]words{
	SignIn:               {"{code} — код для входа в {service}.", "Никому его не сообщайте."},
	PasswordRegistration: {"{code} — код регистрации с паролем в {service}.", "Никому его не сообщайте."},
	PasswordReset:        {"{code} — код для сброса пароля {service}.", "Никому его не сообщайте."},
	PhoneChange:          {"{code} — код для смены номера в {service}.", "Никому его не сообщайте."},
	AccountDeletion:      {"{code} — код для удаления аккаунта {service}.", "Никому его не сообщайте."},
	DataExport:           {"{code} — код для выгрузки данных {service}.", "Никому его не сообщайте."},
	AccountUnlock:        {"{code} — код для разблокировки {service}.", "Никому его не сообщайте."},
	"":                   {"{code} — код {service} для: {purpose}.", "Никому его не сообщайте."},
	approval:             {"{code} — код {service} для подтверждения: {details}.", "Никому его не сообщайте."},
	PasswordChanged:      {"Ваш пароль в {service} изменён.", "Это не вы? Срочно сбросьте его."},
	PhoneChanged:         {"Номер телефона в {service} изменён.", "Это не вы? Свяжитесь с нами."},
	DataExported:         {"Данные аккаунта {service} выгружены.", "Это не вы? Свяжитесь с нами."},
	notMe:                {text: "Это не вы? {link}"},
}}

// Ukrainian is UCS-2.
var ukrainian = wording{"uk", map[string]words{
	SignIn:               {"{code} — код для входу в {service}.", "Нікому його не повідомляйте."},
	PasswordRegistration: {"{code} — код реєстрації з паролем у {service}.", "Нікому його не повідомляйте."},
	PasswordReset:        {"{code} — код для скидання пароля {service}.", "Нікому його не повідомляйте."},
	PhoneChange:          {"{code} — код для зміни номера в {service}.", "Нікому його не повідомляйте."},
	AccountDeletion:      {"{code} — код для видалення акаунта {service}.", "Нікому його не повідомляйте."},
	DataExport:           {"{code} — код для вивантаження даних {service}.", "Нікому його не повідомляйте."},
	AccountUnlock:        {"{code} — код для розблокування {service}.", "Нікому його не повідомляйте."},
	"":                   {"{code} — код {service} для: {purpose}.", "Нікому його не повідомляйте."},
	approval:             {"{code} — код {service} для підтвердження: {details}.", "Нікому його не повідомляйте."},
	PasswordChanged:      {"Ваш пароль у {service} змінено.", "Це не ви? Негайно скиньте його."},
	PhoneChanged:         {"Номер телефону в {service} змінено.", "Це не ви? Зв’яжіться з нами."},
	DataExported:         {"Дані акаунта {service} вивантажено.", "Це не ви? Зв’яжіться з нами."},
	notMe:                {text: "Це не ви? {link}"},
}}
