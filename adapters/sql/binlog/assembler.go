package binlog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// TableName is a table's full name.
type TableName struct{ Schema, Table string }

// String returns the name for messages.
func (n TableName) String() string { return n.Schema + "." + n.Table }

func compareNames(a, b TableName) int {
	return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Table, b.Table))
}

// Followed says what the assembler has to know about tables.
type Followed interface {
	// Follows reports whether the rows of a table are wanted, and whether its engine
	// can roll back.
	Follows(table TableName) (wanted, transactional bool)
}

// Group is what was committed together.
type Group struct {
	// GTID of the group; empty where the log has none.
	GTID string
	// ThreadID of the connection that wrote it, where the log tells (MySQL).
	ThreadID uint32
	// File and End of the group's last event. Start is that of its first.
	File       string
	Start, End uint64
	// Timestamp of the last event in seconds since 1970.
	Timestamp uint32
	Rows      []PendingRows
	// Cuts are the tables that this group changed in a way that its rows don't tell.
	Cuts []Cut
}

// Cut says that the history of tables cannot be followed across a position.
type Cut struct {
	// Table that is cut. The zero name stands for every table, or for those that
	// Definition names.
	Table TableName
	// Definition is the statement that changes tables, which may look different from
	// here on.
	Definition *Meaning
	// Reason is for a person.
	Reason string
}

// Affects reports whether the table's history is cut.
func (c Cut) Affects(table TableName) bool {
	if c.Definition != nil {
		return c.Definition.Names(table.Schema, table.Table)
	}
	return c.Table == TableName{} || c.Table == table
}

// PendingRows is one rows event of a group, not decoded yet.
type PendingRows struct {
	Event         LocatedEvent
	Table         *TableMap
	transactional bool
}

// Name returns the table's name.
func (p PendingRows) Name() TableName { return TableName{p.Table.Schema, p.Table.Table} }

// Assembler puts the events of a log together into groups. It belongs to one
// goroutine.
type Assembler struct {
	followed Followed
	// limit of the bytes held for one group.
	limit int

	tables     map[uint64]*TableMap
	group      *Group
	standalone bool
	bytes      int
	dropped    map[TableName]bool
	savepoints []savepoint
	prepared   map[string][]TableName
}

type savepoint struct {
	name string
	rows int
}

// NewAssembler returns an assembler that holds at most limit bytes of rows for a
// group; the tables of a larger one are cut.
func NewAssembler(followed Followed, limit int) *Assembler {
	return &Assembler{followed: followed, limit: limit, tables: map[uint64]*TableMap{}, prepared: map[string][]TableName{}}
}

// Add takes the next event of the log, and returns the group that it ends, if any.
func (a *Assembler) Add(event LocatedEvent) (*Group, error) {
	switch event.Type {
	case FormatDescriptionEvent:
		// A group doesn't continue in another file: what was open is not committed.
		a.reset()
		clear(a.tables)
		return nil, nil
	case MariaDBGTIDEvent, GTIDEvent, AnonymousGTIDEvent:
		return nil, a.begin(event)
	case QueryEvent:
		return a.statement(event)
	case TableMapEvent:
		return nil, a.table(event)
	case XIDEvent:
		return a.commit(event), nil
	case XAPrepareEvent:
		return a.prepare(event)
	case IncidentEvent:
		return a.cutAll(event, "the server reports a gap in its log (incident event)"), nil
	case ExecuteLoadQueryEvent, IntvarEvent, RandEvent, UserVarEvent:
		return a.cutAll(event, "a statement was logged instead of its rows (binlog_format is not ROW)"), nil
	case TransactionPayloadEvent, MariaDBQueryCompressedEvent, GTIDTaggedEvent:
		return a.cutAll(event, fmt.Sprintf("log event of type %d is not supported%s", event.Type, unsupportedRowsHint(event.Type))), nil
	}
	if isRows(event.Type) {
		return nil, a.rows(event)
	}
	return nil, nil
}

func isRows(t EventType) bool {
	return RowsKindOf(t) != 0 || unsupportedRowsHint(t) != "" && t != TransactionPayloadEvent
}

// Idle reports whether no group is open: the end of the last event is then a
// position that everything before it is committed at.
func (a *Assembler) Idle() bool { return a.group == nil }

func (a *Assembler) reset() {
	a.group, a.standalone, a.bytes, a.savepoints, a.dropped = nil, false, 0, nil, nil
}

func (a *Assembler) begin(event LocatedEvent) error {
	id, standalone, err := parseGTID(event.Event)
	if err != nil {
		return err
	}
	a.reset()
	a.open(event)
	a.group.GTID, a.standalone = id, standalone
	return nil
}

// open makes sure that there is a group: logs without GTIDs begin theirs with BEGIN.
func (a *Assembler) open(event LocatedEvent) {
	if a.group == nil {
		a.group = &Group{File: event.File, Start: event.Start}
	}
}

func (a *Assembler) table(event LocatedEvent) error {
	table, err := ParseTableMap(event.Event, event.Format)
	if err != nil {
		return err
	}
	a.tables[table.ID] = table
	return nil
}

func (a *Assembler) rows(event LocatedEvent) error {
	a.open(event)
	id := buffer{data: event.Body}
	table, known := a.tables[id.littleEndian(event.Format.tableIDLength)]
	if id.err != nil {
		return fmt.Errorf("rows event: %w", id.err)
	}
	if !known {
		return a.rowsWithoutTable(event)
	}
	name := TableName{table.Schema, table.Table}
	wanted, transactional := a.followed.Follows(name)
	if !wanted || a.dropped[name] {
		return nil
	}
	a.bytes += len(event.Body)
	if a.bytes > a.limit {
		a.overflow(name)
		return nil
	}
	a.group.Rows = append(a.group.Rows, PendingRows{Event: event, Table: table, transactional: transactional})
	return nil
}

// rowsWithoutTable accepts the empty rows event by which MySQL ends a statement that
// changed nothing: it has the table id 0xffffff and no table map.
func (a *Assembler) rowsWithoutTable(event LocatedEvent) error {
	rows, err := ParseRows(event.Event, event.Format)
	if err != nil {
		return err
	}
	if rows.More() {
		return fmt.Errorf("rows of table id %d at %s:%d have no table map before them", rows.TableID, event.File, event.Start)
	}
	return nil
}

// overflow lets go of the group's rows and remembers the tables that had some.
func (a *Assembler) overflow(name TableName) {
	if a.dropped == nil {
		a.dropped = map[TableName]bool{}
	}
	a.dropped[name] = true
	for _, rows := range a.group.Rows {
		a.dropped[rows.Name()] = true
	}
	a.group.Rows, a.bytes = nil, 0
	for i := range a.savepoints {
		a.savepoints[i].rows = 0
	}
}

func (a *Assembler) statement(event LocatedEvent) (*Group, error) {
	statement, err := ParseStatement(event.Event)
	if err != nil {
		return nil, err
	}
	meaning := statement.Meaning()
	a.open(event)
	switch meaning.Kind {
	case BeginStatement, XAStartStatement:
		a.group.ThreadID = statement.ThreadID
		return nil, nil
	case XAEndStatement:
		return nil, nil
	case SavepointStatement:
		a.savepoints = append(a.savepoints, savepoint{meaning.Name, len(a.group.Rows)})
		return nil, nil
	case RollbackToStatement:
		return nil, a.rollbackTo(meaning.Name, event)
	case CommitStatement:
		return a.commit(event), nil
	case RollbackStatement:
		a.rollback()
		return a.commit(event), nil
	case XACommitStatement:
		return a.commitPrepared(meaning.Name, event), nil
	case XARollbackStatement:
		delete(a.prepared, meaning.Name)
		return a.end(event), nil
	case DefinitionStatement:
		reason := "the table's definition changed: " + abbreviate(statement.Text)
		a.group.Cuts = append(a.group.Cuts, Cut{Definition: &meaning, Reason: reason})
	case DataStatement:
		a.group.Cuts = append(a.group.Cuts, Cut{Reason: "a statement was logged instead of its rows (binlog_format is not ROW): " + abbreviate(statement.Text)})
	}
	if a.standalone || !a.inTransaction(event) {
		return a.end(event), nil
	}
	return nil, nil
}

// inTransaction reports whether the group goes on behind a statement that doesn't
// end it. A group that began with GTID (MariaDB) or BEGIN does; a definition
// without either stands alone.
func (a *Assembler) inTransaction(event LocatedEvent) bool {
	if event.Format.MariaDB() {
		return a.group.GTID != ""
	}
	return a.group.ThreadID != 0
}

func abbreviate(text string) string {
	const limit = 80
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}

func (a *Assembler) rollbackTo(name string, event LocatedEvent) error {
	for i, mark := range slices.Backward(a.savepoints) {
		if mark.name != name {
			continue
		}
		a.group.Rows = append(a.group.Rows[:mark.rows:mark.rows], keepNonTransactional(a.group.Rows[mark.rows:])...)
		a.savepoints = a.savepoints[:i+1]
		return nil
	}
	return fmt.Errorf("ROLLBACK TO %q at %s:%d has no savepoint before it", name, event.File, event.Start)
}

func (a *Assembler) rollback() {
	a.group.Rows = keepNonTransactional(a.group.Rows)
	for name := range a.dropped {
		if _, transactional := a.followed.Follows(name); transactional {
			delete(a.dropped, name)
		}
	}
}

func keepNonTransactional(rows []PendingRows) []PendingRows {
	var kept []PendingRows
	for _, r := range rows {
		if !r.transactional {
			kept = append(kept, r)
		}
	}
	return kept
}

func (a *Assembler) commit(event LocatedEvent) *Group {
	a.open(event)
	for _, name := range slices.SortedFunc(maps.Keys(a.dropped), compareNames) {
		a.group.Cuts = append(a.group.Cuts, Cut{Table: name, Reason: fmt.Sprintf("a transaction changed more than %d bytes of rows at once", a.limit)})
	}
	return a.end(event)
}

func (a *Assembler) end(event LocatedEvent) *Group {
	group := a.group
	group.File, group.End, group.Timestamp = event.File, event.End, event.Timestamp
	a.reset()
	return group
}

// prepare ends a group whose outcome comes later. Its rows may become visible at any
// later position, so they are not kept: the commit cuts the tables.
func (a *Assembler) prepare(event LocatedEvent) (*Group, error) {
	name, onePhase, err := parseXAPrepare(event.Event)
	if err != nil {
		return nil, err
	}
	a.open(event)
	if onePhase {
		return a.commit(event), nil
	}
	touched := maps.Clone(a.dropped)
	if touched == nil {
		touched = map[TableName]bool{}
	}
	for _, rows := range a.group.Rows {
		touched[rows.Name()] = true
	}
	a.prepared[name] = slices.SortedFunc(maps.Keys(touched), compareNames)
	a.group.Rows = nil
	return a.end(event), nil
}

func (a *Assembler) commitPrepared(name string, event LocatedEvent) *Group {
	tables, known := a.prepared[name]
	delete(a.prepared, name)
	if !known {
		// Prepared before this reading of the log began.
		a.group.Cuts = append(a.group.Cuts, Cut{Reason: "XA COMMIT of a transaction that was prepared before the log was read"})
	}
	for _, table := range tables {
		a.group.Cuts = append(a.group.Cuts, Cut{Table: table, Reason: "XA COMMIT: the rows were logged when the transaction was prepared"})
	}
	return a.end(event)
}

func (a *Assembler) cutAll(event LocatedEvent, reason string) *Group {
	a.open(event)
	a.group.Cuts = append(a.group.Cuts, Cut{Reason: reason})
	return a.end(event)
}
