package binlog

import (
	"fmt"
	"strings"
)

// Statement is what a query event says.
type Statement struct {
	// ThreadID of the connection that executed it (CONNECTION_ID()).
	ThreadID uint32
	// Schema that was the default one.
	Schema string
	Text   string
}

// ParseStatement decodes a query event.
func ParseStatement(event Event) (Statement, error) {
	body := buffer{data: event.Body}
	statement := Statement{ThreadID: body.uint32()}
	body.skip(4)
	schemaLength := int(body.uint8())
	body.skip(2)
	body.skip(int(body.uint16()))
	statement.Schema = body.text(schemaLength)
	body.skip(1)
	statement.Text = body.text(body.remaining())
	if body.err != nil {
		return Statement{}, fmt.Errorf("query event: %w", body.err)
	}
	return statement, nil
}

// StatementKind says what a statement in the log means for those who follow rows.
type StatementKind uint8

const (
	// OtherStatement changes no rows and no table: GRANT, ANALYZE, CREATE VIEW, ….
	OtherStatement StatementKind = iota
	// BeginStatement opens a group.
	BeginStatement
	// CommitStatement ends a group, whose rows are then committed.
	CommitStatement
	// RollbackStatement ends a group; only rows of tables without transactions stay.
	RollbackStatement
	// SavepointStatement marks the pending rows with Name.
	SavepointStatement
	// RollbackToStatement takes back the pending rows since the mark Name.
	RollbackToStatement
	// XAStartStatement opens a group whose outcome comes later, under Name.
	XAStartStatement
	// XAEndStatement is followed by the group's XA PREPARE.
	XAEndStatement
	// XACommitStatement commits the group Name.
	XACommitStatement
	// XARollbackStatement discards the group Name.
	XARollbackStatement
	// DefinitionStatement changes or empties the tables in Tables.
	DefinitionStatement
	// DataStatement changes rows without saying which: the log is not in ROW format.
	DataStatement
)

// Meaning is a classified statement.
type Meaning struct {
	Kind StatementKind
	// Name of the savepoint or XA transaction.
	Name string
	// Identifiers that a definition names, whatever their role: a name that is not a
	// table's does no harm, one that is missing would.
	Identifiers []string
}

// Meaning classifies the statement. Words that it doesn't know count as changing
// data, so that nothing unknown is passed over.
func (s Statement) Meaning() Meaning {
	words := tokenize(s.Text)
	first, second := word(words, 0), word(words, 1)
	switch first {
	case "BEGIN":
		return Meaning{Kind: BeginStatement}
	case "START":
		return Meaning{Kind: BeginStatement}
	case "COMMIT":
		return Meaning{Kind: CommitStatement}
	case "ROLLBACK":
		if second == "TO" {
			return Meaning{Kind: RollbackToStatement, Name: savepointName(words[2:])}
		}
		return Meaning{Kind: RollbackStatement}
	case "SAVEPOINT":
		return Meaning{Kind: SavepointStatement, Name: savepointName(words[1:])}
	case "RELEASE":
		return Meaning{Kind: OtherStatement}
	case "XA":
		return xaMeaning(second, s.Text)
	case "CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "IMPORT":
		if second == "TEMPORARY" {
			return Meaning{Kind: OtherStatement}
		}
		return Meaning{Kind: DefinitionStatement, Identifiers: identifiers(words)}
	case "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "SET", "RESET", "INSTALL", "UNINSTALL", "PURGE", "KILL", "DO", "BINLOG":
		return Meaning{Kind: OtherStatement}
	case "", "#":
		return Meaning{Kind: OtherStatement}
	}
	return Meaning{Kind: DataStatement}
}

func xaMeaning(verb, text string) Meaning {
	kinds := map[string]StatementKind{
		"START": XAStartStatement, "BEGIN": XAStartStatement, "END": XAEndStatement,
		"COMMIT": XACommitStatement, "ROLLBACK": XARollbackStatement,
	}
	kind, known := kinds[verb]
	if !known {
		return Meaning{Kind: OtherStatement}
	}
	// The servers write the transaction's name the same way in every statement: as
	// hexadecimal literals behind the verb. ONE PHASE follows for COMMIT.
	name := strings.TrimSpace(text[strings.Index(strings.ToUpper(text), verb)+len(verb):])
	name = strings.TrimSpace(strings.TrimSuffix(strings.ToUpper(name), "ONE PHASE"))
	return Meaning{Kind: kind, Name: name}
}

func savepointName(words []token) string {
	if len(words) > 0 && words[0].text == "SAVEPOINT" && !words[0].quoted && len(words) > 1 {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	// Names of savepoints are compared without regard to case.
	return strings.ToLower(words[0].text)
}

func word(words []token, i int) string {
	if i >= len(words) || words[i].quoted {
		return ""
	}
	return words[i].text
}

func identifiers(words []token) []string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = w.text
	}
	return names
}

// Names reports whether a definition names the table, or its whole schema. Names are
// compared without regard to case, because some servers store them in lower case.
func (m Meaning) Names(schema, table string) bool {
	for i, name := range m.Identifiers {
		if strings.EqualFold(name, table) {
			return true
		}
		if strings.EqualFold(name, schema) && i > 0 && isSchemaWord(m.Identifiers[1]) {
			return true
		}
	}
	return false
}

func isSchemaWord(text string) bool {
	return strings.EqualFold(text, "DATABASE") || strings.EqualFold(text, "SCHEMA")
}
