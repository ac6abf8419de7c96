package binlog

import "strings"

// token is a word or identifier of a statement. Words that are not quoted are in
// upper case.
type token struct {
	text   string
	quoted bool
}

// tokenize splits a statement into its words and identifiers. String literals,
// numbers, punctuation and comments are left out; the content of executable
// comments (/*!…*/ and /*M!…*/) counts.
func tokenize(text string) []token {
	var tokens []token
	for at := 0; at < len(text); {
		switch c := text[at]; {
		case c == '`' || c == '"':
			end := closing(text, at)
			quote := text[at : at+1]
			inner := strings.TrimSuffix(text[at+1:end], quote)
			tokens = append(tokens, token{text: strings.ReplaceAll(inner, quote+quote, quote), quoted: true})
			at = end
		case c == '\'':
			at = closing(text, at)
		case c == '#' || strings.HasPrefix(text[at:], "-- "):
			at = lineEnd(text, at)
		case strings.HasPrefix(text[at:], "/*!"), strings.HasPrefix(text[at:], "/*M!"):
			at = behindVersion(text, at+strings.IndexByte(text[at:], '!')+1)
		case strings.HasPrefix(text[at:], "/*"):
			at = commentEnd(text, at)
		case isWordByte(c):
			end := at
			for end < len(text) && isWordByte(text[end]) {
				end++
			}
			tokens = append(tokens, token{text: strings.ToUpper(text[at:end])})
			at = end
		default:
			at++
		}
	}
	return tokens
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// closing returns the position behind the quoted text that starts at start. A
// doubled quote stands for itself; a backslash escapes in strings, not in identifiers.
func closing(text string, start int) int {
	quote := text[start]
	for at := start + 1; at < len(text); at++ {
		switch {
		case text[at] == '\\' && quote != '`':
			at++
		case text[at] == quote && at+1 < len(text) && text[at+1] == quote:
			at++
		case text[at] == quote:
			return at + 1
		}
	}
	return len(text)
}

func lineEnd(text string, at int) int {
	if end := strings.IndexByte(text[at:], '\n'); end >= 0 {
		return at + end + 1
	}
	return len(text)
}

func commentEnd(text string, at int) int {
	if end := strings.Index(text[at+2:], "*/"); end >= 0 {
		return at + 2 + end + 2
	}
	return len(text)
}

// behindVersion skips the version number of an executable comment.
func behindVersion(text string, at int) int {
	for at < len(text) && '0' <= text[at] && text[at] <= '9' {
		at++
	}
	return at
}
