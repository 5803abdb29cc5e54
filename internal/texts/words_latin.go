package texts

// Indonesian is GSM-7.
var indonesian = wording{"id", map[string]words{
	SignIn:               {"{code} adalah kode masuk {service} Anda.", "Jangan berikan kepada siapa pun."},
	PasswordRegistration: {"{code} adalah kode untuk mendaftar di {service} dengan kata sandi.", "Jangan berikan kepada siapa pun."},
	PasswordReset:        {"{code} adalah kode untuk mengatur ulang kata sandi {service} Anda.", "Jangan berikan kepada siapa pun."},
	PhoneChange:          {"{code} adalah kode untuk mengganti nomor telepon {service} Anda.", "Jangan berikan kepada siapa pun."},
	AccountDeletion:      {"{code} adalah kode untuk menghapus akun {service} Anda.", "Jangan berikan kepada siapa pun."},
	DataExport:           {"{code} adalah kode untuk mengunduh data {service} Anda.", "Jangan berikan kepada siapa pun."},
	AccountUnlock:        {"{code} adalah kode untuk membuka kunci akun {service} Anda.", "Jangan berikan kepada siapa pun."},
	"":                   {"{code} adalah kode {service} Anda untuk: {purpose}.", "Jangan berikan kepada siapa pun."},
	approval:             {"{code} adalah kode {service} Anda untuk menyetujui: {details}.", "Jangan berikan kepada siapa pun."},
	PasswordChanged:      {"Kata sandi {service} Anda telah diubah.", "Jika bukan Anda, segera atur ulang."},
	PhoneChanged:         {"Nomor telepon akun {service} Anda telah diubah.", "Jika bukan Anda, segera hubungi kami."},
	DataExported:         {"Data akun {service} Anda telah diunduh.", "Jika bukan Anda, segera hubungi kami."},
	notMe:                {text: "Bukan Anda? {link}"},
}}

// Malay is GSM-7.
var malay = wording{"ms", map[string]words{
	SignIn:               {"{code} ialah kod log masuk {service} anda.", "Jangan kongsi dengan sesiapa."},
	PasswordRegistration: {"{code} ialah kod untuk mendaftar di {service} dengan kata laluan.", "Jangan kongsi dengan sesiapa."},
	PasswordReset:        {"{code} ialah kod untuk menetapkan semula kata laluan {service} anda.", "Jangan kongsi dengan sesiapa."},
	PhoneChange:          {"{code} ialah kod untuk menukar nombor telefon {service} anda.", "Jangan kongsi dengan sesiapa."},
	AccountDeletion:      {"{code} ialah kod untuk memadamkan akaun {service} anda.", "Jangan kongsi dengan sesiapa."},
	DataExport:           {"{code} ialah kod untuk memuat turun data {service} anda.", "Jangan kongsi dengan sesiapa."},
	AccountUnlock:        {"{code} ialah kod untuk membuka kunci akaun {service} anda.", "Jangan kongsi dengan sesiapa."},
	"":                   {"{code} ialah kod {service} anda untuk: {purpose}.", "Jangan kongsi dengan sesiapa."},
	approval:             {"{code} ialah kod {service} anda untuk meluluskan: {details}.", "Jangan kongsi dengan sesiapa."},
	PasswordChanged:      {"Kata laluan {service} anda telah ditukar.", "Jika bukan anda, tetapkan semula sekarang."},
	PhoneChanged:         {"Nombor telefon akaun {service} anda telah ditukar.", "Jika bukan anda, hubungi kami sekarang."},
	DataExported:         {"Data akaun {service} anda telah dimuat turun.", "Jika bukan anda, hubungi kami sekarang."},
	notMe:                {text: "Bukan anda? {link}"},
}}

// Filipino is GSM-7. It uses the English words that its speakers use for these things.
var filipino = wording{"fil", map[string]words{
	SignIn:               {"{code} ang iyong code sa pag-sign in sa {service}.", "Huwag itong ibahagi kaninuman."},
	PasswordRegistration: {"{code} ang iyong code sa pag-sign up sa {service} gamit ang password.", "Huwag itong ibahagi kaninuman."},
	PasswordReset:        {"{code} ang iyong code para i-reset ang password mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	PhoneChange:          {"{code} ang iyong code para palitan ang numero mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	AccountDeletion:      {"{code} ang iyong code para burahin ang account mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	DataExport:           {"{code} ang iyong code para i-download ang data mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	AccountUnlock:        {"{code} ang iyong code para i-unlock ang account mo sa {service}.", "Huwag itong ibahagi kaninuman."},
	"":                   {"{code} ang iyong {service} code para sa: {purpose}.", "Huwag itong ibahagi kaninuman."},
	approval:             {"{code} ang iyong {service} code para aprubahan: {details}.", "Huwag itong ibahagi kaninuman."},
	PasswordChanged:      {"Napalitan ang password mo sa {service}.", "Kung hindi ikaw ang gumawa nito, i-reset ito ngayon."},
	PhoneChanged:         {"Napalitan ang numero ng telepono ng {service} account mo.", "Kung hindi ikaw ang gumawa nito, makipag-ugnayan sa amin."},
	DataExported:         {"Na-download ang data ng {service} account mo.", "Kung hindi ikaw ang gumawa nito, makipag-ugnayan sa amin."},
	notMe:                {text: "Hindi ba ikaw ito? {link}"},
}}

// Swahili is GSM-7.
var swahili = wording{"sw", map[string]words{
	SignIn:               {"{code} ni msimbo wako wa kuingia {service}.", "Usimpe mtu yeyote."},
	PasswordRegistration: {"{code} ni msimbo wako wa kujisajili {service} kwa nenosiri.", "Usimpe mtu yeyote."},
	PasswordReset:        {"{code} ni msimbo wako wa kuweka upya nenosiri la {service}.", "Usimpe mtu yeyote."},
	PhoneChange:          {"{code} ni msimbo wako wa kubadilisha namba ya simu ya {service}.", "Usimpe mtu yeyote."},
	AccountDeletion:      {"{code} ni msimbo wako wa kufuta akaunti yako ya {service}.", "Usimpe mtu yeyote."},
	DataExport:           {"{code} ni msimbo wako wa kupakua data yako ya {service}.", "Usimpe mtu yeyote."},
	AccountUnlock:        {"{code} ni msimbo wako wa kufungua akaunti yako ya {service}.", "Usimpe mtu yeyote."},
	"":                   {"{code} ni msimbo wako wa {service} wa: {purpose}.", "Usimpe mtu yeyote."},
	approval:             {"{code} ni msimbo wako wa {service} wa kuidhinisha: {details}.", "Usimpe mtu yeyote."},
	PasswordChanged:      {"Nenosiri lako la {service} limebadilishwa.", "Kama si wewe, liweke upya sasa."},
	PhoneChanged:         {"Namba ya simu ya akaunti yako ya {service} imebadilishwa.", "Kama si wewe, wasiliana nasi sasa."},
	DataExported:         {"Data ya akaunti yako ya {service} imepakuliwa.", "Kama si wewe, wasiliana nasi sasa."},
	notMe:                {text: "Si wewe? {link}"},
}}

// Vietnamese is UCS-2.
var vietnamese = wording{"vi", map[string]words{
	SignIn:               {"{code} là mã đăng nhập {service}.", "Không chia sẻ với ai."},
	PasswordRegistration: {"{code} là mã đăng ký {service} bằng mật khẩu.", "Không chia sẻ với ai."},
	PasswordReset:        {"{code} là mã đặt lại mật khẩu {service}.", "Không chia sẻ với ai."},
	PhoneChange:          {"{code} là mã đổi số điện thoại {service}.", "Không chia sẻ với ai."},
	AccountDeletion:      {"{code} là mã xóa tài khoản {service}.", "Không chia sẻ với ai."},
	DataExport:           {"{code} là mã tải dữ liệu {service}.", "Không chia sẻ với ai."},
	AccountUnlock:        {"{code} là mã mở khóa tài khoản {service}.", "Không chia sẻ với ai."},
	"":                   {"{code} là mã {service} cho: {purpose}.", "Không chia sẻ với ai."},
	approval:             {"{code} là mã {service} để duyệt: {details}.", "Không chia sẻ với ai."},
	PasswordChanged:      {"Mật khẩu {service} đã được đổi.", "Không phải bạn? Hãy đặt lại ngay."},
	PhoneChanged:         {"Số điện thoại {service} đã được đổi.", "Không phải bạn? Hãy liên hệ ngay."},
	DataExported:         {"Dữ liệu {service} đã được tải xuống.", "Không phải bạn? Hãy liên hệ ngay."},
	notMe:                {text: "Không phải bạn? {link}"},
}}
