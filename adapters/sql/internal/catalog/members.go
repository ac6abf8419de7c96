package catalog

import "strings"

// members returns the members of a type such as enum('a','it”s'). The server doubles
// quotes and escapes backslashes, line breaks and zero bytes with a backslash.
func members(columnType string) []string {
	var found []string
	var member strings.Builder
	quoted := false
	for i := 0; i < len(columnType); i++ {
		character := columnType[i]
		followed := i+1 < len(columnType)
		switch {
		case !quoted:
			quoted = character == '\''
		case character == '\'' && followed && columnType[i+1] == '\'':
			member.WriteByte('\'')
			i++
		case character == '\'':
			found = append(found, member.String())
			member.Reset()
			quoted = false
		case character == '\\' && followed:
			member.WriteByte(unescape(columnType[i+1]))
			i++
		default:
			member.WriteByte(character)
		}
	}
	return found
}

func unescape(escaped byte) byte {
	switch escaped {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return escaped
}
