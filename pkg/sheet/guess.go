package sheet

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// guessed are the encodings that are worth a suggestion. The earlier one wins
// where two make the same sense of a text.
var guessed = strings.Fields("UTF-8 windows-1252 windows-1250 iso-8859-2 windows-1251 koi8-r iso-8859-5 windows-1254 windows-1257 " +
	"windows-1253 iso-8859-7 windows-1255 windows-1256 iso-8859-15 macintosh shift_jis euc-jp gb18030 big5 euc-kr")

// alphabets are the letters besides ASCII that stand together in the words of
// one language, the common ones before the bar.
var alphabets = strings.Fields(`äöüß éèêàçâîôûëïùœ áéíóúñü ãçáéíóúâêõôà àèéìòù æøåéö åäöé áéíóúæö|ýþð àçèéíïòóúü· éëïöüè
	ąćęłńóśźż áčďéěíňóřšťúůž|ý áäčďéíĺľňóôŕšťúž|ý áéíóöőúüű ăâîșțşţ čćđšž ąčęėįšųūž āčēģīķļņšūž äöüõšž çğıöşüâ̇i
	оеаинтсрвлкмд|пуяыьгзбчйхжшюцщэфёъіїєґ αοιετσνηρπκλ|μςάίόέήυγδθβφχξωζψύώϊϋΐΰ יוהלארתמבש|דכנםןקפגחטצזסעץףך المينوترب|عدسقكحفجشصضطظغذزثخةىأإآئءؤ`)

// frequent are characters that lists of companies, names and addresses hold
// most of, in Japanese, Chinese (both scripts) and Korean.
const frequent = "株式会社有限東京都大阪府市区町村県北海道横浜名古屋福岡神奈川千葉埼玉愛知田中山本佐藤鈴木高橋伊渡辺小林加吉松井上野口原島崎部工業電気商事産技術研究所製作営情報通信開発日世界太郎子美一二三花様" +
	"公司股份集团科技广州深圳省路号街国华南西大王李张刘陈杨赵黄周吴徐孙马朱胡郭何网络软件贸易务展江苏浙河湖安建四庆重上第" +
	"縣區號臺台灣雄新竹華資訊際貿企實張陳劉楊趙吳許鄭謝洪曾廖賴蔡股機" +
	"주식회사서울부산대구인천광전시도동로길김이박최정강조윤장임한신오권황안송류홍자보통기술업개발경남북제민수영진현성지하나가다라마고스트리대표호선원은준우미"

// guess names the encoding that probably is the file's, from the lines that
// are not ASCII in its first MiB, else from those bytes alone; "" for none.
func (s *Sheet) guess(alone []byte) string {
	head := make([]byte, 1<<20)
	n, _ := s.file.ReadAt(head, 0) // what can't be read gives no guess
	sample := highLines(head[:n], 16<<10)
	if len(sample) == 0 {
		sample = alone
	}
	best, most := "", 0
	for _, name := range guessed {
		text := sample
		if name != utf8Name {
			text, _, _ = transform.Bytes(newDecoder(name), sample)
		}
		if n := sense(string(text)); n > most {
			best, most = name, n
		}
	}
	return best
}

// highLines are the lines with a byte beyond ASCII, up to a limit in bytes.
func highLines(d []byte, limit int) (lines []byte) {
	for line := range bytes.FieldsFuncSeq(d, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if bytes.IndexFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
			lines = append(append(lines, line...), '\n')
		}
		if len(lines) > limit {
			return lines[:limit]
		}
	}
	return lines
}

// sense measures how much a text looks like words that people write.
func sense(text string) (score int) {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return r < utf8.RuneSelf && !unicode.IsLetter(r) || strings.ContainsRune("\u00a0’‘“”„–—…«»°®™€£§©¡¿ºª№・（）、。　", r)
	})
	for _, w := range words {
		if letters := strings.Map(beyondASCII, w); letters != "" {
			score += wordSense(w, strings.ToLower(letters), letters)
		}
	}
	return score
}

func beyondASCII(r rune) rune {
	if r < utf8.RuneSelf {
		return -1
	}
	return r
}

// wordSense weighs the letters beyond ASCII of one word: they should belong to
// one language, or be frequent in East Asia, and capitals should come first.
func wordSense(word, lower, letters string) int {
	score, previous := 0, 'A'
	for _, r := range word {
		switch east := unicode.In(r, unicode.Han, unicode.Hangul); {
		case r == utf8.RuneError, unicode.Is(unicode.Co, r), unicode.IsControl(r):
			return -8
		case east && strings.ContainsRune(frequent, r):
			score += 3
		case r >= 0x3041 && r <= 0x30fc: // kana
			score++
		case east, r >= 0xff61 && r <= 0xff9f: // half-width kana
			score--
		}
		if unicode.IsUpper(r) && unicode.IsLower(previous) && (r >= utf8.RuneSelf || previous >= utf8.RuneSelf) {
			score -= 4
		}
		previous = r
	}
	if unicode.In([]rune(lower)[0], unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
		return score
	}
	return score + belonging(lower, len(word) > len(letters))
}

// belonging is two points for each common letter if one language has them all,
// and as many less if none has. A script that is not Latin does not stand
// beside ASCII letters.
func belonging(letters string, mixed bool) int {
	best := -2 * utf8.RuneCountInString(letters)
	for _, a := range alphabets {
		if first, _ := utf8.DecodeRuneInString(a); mixed && !unicode.Is(unicode.Latin, first) {
			continue
		}
		common, _, _ := strings.Cut(a, "|")
		n := 0
		for _, r := range letters {
			switch {
			case strings.ContainsRune(common, r):
				n += 2
			case !strings.ContainsRune(a, r):
				n -= 1 << 20
			}
		}
		best = max(best, n)
	}
	return best
}
