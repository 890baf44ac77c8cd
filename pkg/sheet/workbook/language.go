package workbook

import (
	"fmt"
	"strconv"
	"strings"
)

// language is that of the names of months and days, as a format such as
// [$-407]mmmm names it; "" is English.
type language string

// languageOf reads a locale of a format: a number of Windows, or a tag such as
// de-DE.
func languageOf(locale string) language {
	if id, err := strconv.ParseUint(locale, 16, 64); err == nil {
		return byNumber[id&0x3ff]
	}
	tag, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if _, ok := names[language(tag)]; ok {
		return language(tag)
	}
	return ""
}

var byNumber = map[uint64]language{0x04: "zh", 0x06: "da", 0x07: "de", 0x0a: "es", 0x0c: "fr", 0x10: "it", 0x11: "ja", 0x12: "ko", 0x13: "nl", 0x14: "nb", 0x15: "pl", 0x16: "pt", 0x1d: "sv"}

// names are those of months and of days from Sunday on, short and long.
var names = map[language]struct{ mmm, mmmm, ddd, dddd string }{
	"": {"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "January February March April May June July August September October November December",
		"Sun Mon Tue Wed Thu Fri Sat", "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"},
	"da": {"jan feb mar apr maj jun jul aug sep okt nov dec", "januar februar marts april maj juni juli august september oktober november december",
		"sø ma ti on to fr lø", "søndag mandag tirsdag onsdag torsdag fredag lørdag"},
	"de": {"Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez", "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		"So Mo Di Mi Do Fr Sa", "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag"},
	"es": {"ene feb mar abr may jun jul ago sep oct nov dic", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"dom lun mar mié jue vie sáb", "domingo lunes martes miércoles jueves viernes sábado"},
	"fr": {"janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"dim. lun. mar. mer. jeu. ven. sam.", "dimanche lundi mardi mercredi jeudi vendredi samedi"},
	"it": {"gen feb mar apr mag giu lug ago set ott nov dic", "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		"dom lun mar mer gio ven sab", "domenica lunedì martedì mercoledì giovedì venerdì sabato"},
	"ja": {"1 2 3 4 5 6 7 8 9 10 11 12", "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "日 月 火 水 木 金 土", "日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日"},
	"ko": {"1 2 3 4 5 6 7 8 9 10 11 12", "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월", "일 월 화 수 목 금 토", "일요일 월요일 화요일 수요일 목요일 금요일 토요일"},
	"nb": {"jan feb mar apr mai jun jul aug sep okt nov des", "januar februar mars april mai juni juli august september oktober november desember",
		"sø ma ti on to fr lø", "søndag mandag tirsdag onsdag torsdag fredag lørdag"},
	"nl": {"jan feb mrt apr mei jun jul aug sep okt nov dec", "januari februari maart april mei juni juli augustus september oktober november december",
		"zo ma di wo do vr za", "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag"},
	"pl": {"sty lut mar kwi maj cze lip sie wrz paź lis gru", "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
		"niedz. pon. wt. śr. czw. pt. sob.", "niedziela poniedziałek wtorek środa czwartek piątek sobota"},
	"pt": {"jan fev mar abr mai jun jul ago set out nov dez", "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
		"dom seg ter qua qui sex sáb", "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado"},
	"sv": {"jan feb mar apr maj jun jul aug sep okt nov dec", "januari februari mars april maj juni juli augusti september oktober november december",
		"sön mån tis ons tor fre lör", "söndag måndag tisdag onsdag torsdag fredag lördag"},
	"zh": {"1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
		"周日 周一 周二 周三 周四 周五 周六", "星期日 星期一 星期二 星期三 星期四 星期五 星期六"},
}

// month adds a month in n letters: as a number, shortened, in full, or by its
// first letter.
func (l language) month(dst []byte, n, month int) []byte {
	switch {
	case n <= 2:
		return fmt.Appendf(dst, "%0*d", n, month)
	case n == 3:
		return append(dst, strings.Fields(names[l].mmm)[month-1]...)
	case n == 5:
		return append(dst, string([]rune(strings.Fields(names[l].mmmm)[month-1])[0])...)
	}
	return append(dst, strings.Fields(names[l].mmmm)[month-1]...)
}

// day adds the name of a day, which is short in three letters.
func (l language) day(dst []byte, n, weekday int) []byte {
	if n == 3 {
		return append(dst, strings.Fields(names[l].ddd)[weekday]...)
	}
	return append(dst, strings.Fields(names[l].dddd)[weekday]...)
}
