package sql

import (
	"slices"
	"strings"
)

// queries are the statements about one table that don't depend on values.
type queries struct {
	first, next string
	get         string
	lock        string
	readBack    string
	probe       string
	delete      string
}

// quote quotes an identifier.
func quote(identifier string) string {
	return "`" + strings.ReplaceAll(identifier, "`", "``") + "`"
}

// quoteTable quotes a table's name, which may have its schema in front.
func quoteTable(name string) string {
	if schema, table, ok := strings.Cut(name, "."); ok {
		return quote(schema) + "." + quote(table)
	}
	return quote(name)
}

func (p *plan) buildQueries() queries {
	read := "SELECT " + p.selectList(true) + " FROM " + p.table
	write := "SELECT " + p.selectList(false) + " FROM " + p.table
	where, key := p.whereCondition(), p.keyCondition()
	order := " ORDER BY " + strings.Join(p.orderColumns(), ", ") + " LIMIT ?"
	return queries{
		first:    read + conditions(where) + order,
		next:     read + conditions(where, p.afterCondition()) + order,
		get:      read + conditions(key, where),
		lock:     write + conditions(key, where) + " FOR UPDATE",
		readBack: write + conditions(key, where),
		probe:    "SELECT " + p.keyList() + " FROM " + p.table + conditions(key),
		delete:   "DELETE FROM " + p.table + conditions(key),
	}
}

// selectList is the key's columns, then the fields'.
func (p *plan) selectList(utc bool) string {
	var list []string
	for _, column := range slices.Concat(p.key, p.fields) {
		list = append(list, column.codec.Select(column.quoted, utc))
	}
	return strings.Join(list, ", ")
}

func (p *plan) keyList() string {
	var list []string
	for _, column := range p.key {
		list = append(list, column.quoted)
	}
	return strings.Join(list, ", ")
}

func (p *plan) orderColumns() []string {
	var list []string
	for _, i := range p.order {
		list = append(list, p.key[i].quoted)
	}
	return list
}

// conditions joins those that are not empty.
func conditions(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	if len(parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(parts, " AND ")
}

func (p *plan) keyCondition() string {
	var list []string
	for _, column := range p.key {
		list = append(list, column.quoted+" = "+column.codec.Comparand())
	}
	return strings.Join(list, " AND ")
}

func (p *plan) whereCondition() string {
	var list []string
	for _, condition := range p.where {
		marks := strings.Repeat(", "+condition.codec.Comparand(), len(condition.arguments))[2:]
		list = append(list, condition.quoted+" IN ("+marks+")")
	}
	return strings.Join(list, " AND ")
}

// afterCondition selects the rows after a key. Its first part is what lets the server
// use the index for a key of several columns: a >= ? AND (a > ? OR (a = ? AND b > ?)).
func (p *plan) afterCondition() string {
	condition := p.compareOrdered(len(p.order)-1, ">")
	for i := len(p.order) - 2; i >= 0; i-- {
		condition = p.compareOrdered(i, ">") + " OR (" + p.compareOrdered(i, "=") + " AND (" + condition + "))"
	}
	if len(p.order) == 1 {
		return condition
	}
	return p.compareOrdered(0, ">=") + " AND (" + condition + ")"
}

func (p *plan) compareOrdered(i int, operator string) string {
	column := p.key[p.order[i]]
	return column.quoted + " " + operator + " " + column.codec.Comparand()
}

// afterArguments are the arguments of afterCondition.
func afterArguments(ordered []any) []any {
	last := len(ordered) - 1
	if last == 0 {
		return ordered
	}
	arguments := []any{ordered[0]}
	for i := range last {
		arguments = append(arguments, ordered[i], ordered[i])
	}
	return append(arguments, ordered[last])
}

// insertQuery inserts one row.
func (p *plan) insertQuery(assignments []assignment) string {
	var names, marks []string
	for _, assignment := range assignments {
		names = append(names, assignment.quoted)
		marks = append(marks, assignment.codec.Placeholder())
	}
	return "INSERT INTO " + p.table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
}

// updateQuery changes columns of the row with a key.
func (p *plan) updateQuery(assignments []assignment, further ...string) string {
	var list []string
	for _, assignment := range assignments {
		list = append(list, assignment.quoted+" = "+assignment.codec.Placeholder())
	}
	return "UPDATE " + p.table + " SET " + strings.Join(list, ", ") +
		conditions(slices.Concat([]string{p.keyCondition()}, further)...)
}

func argumentsOf(assignments []assignment) []any {
	arguments := make([]any, len(assignments))
	for i, assignment := range assignments {
		arguments[i] = assignment.argument
	}
	return arguments
}
