package sql_test

import (
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
)

// TestRefusedValues shows what each refusal of the database, or of the bridge on its
// behalf, becomes; and that nothing was written.
func TestRefusedValues(t *testing.T) {
	database, resource := legacyTable(t, nil)
	database.Exec(t, `INSERT INTO CUST_MASTER (cust_no, cust_nm, email) VALUES ('taken', 'Taken', 'a@example.com');
		INSERT INTO CUST_MASTER (cust_no, cust_nm, is_deleted) VALUES ('hidden', 'Hidden', 1)`)
	stored := create(t, resource, customer("stored"))
	before := database.Query(t, "SELECT * FROM CUST_MASTER ORDER BY cust_no")

	for title, test := range map[string]struct {
		field    int
		value    adapters.Value
		expected expected
	}{
		"NOT NULL":               {name, adapters.Null, expected{adapters.Invalid, "spec.companyName", adapters.RequiredValue, nil}},
		"too long":               {name, adapters.String("0123456789a"), expected{adapters.Invalid, "spec.companyName", adapters.TooLongValue, nil}},
		"outside the range":      {rating, adapters.Int(128), expected{adapters.Invalid, "spec.rating", adapters.OutOfRangeValue, []string{"-128 to 127"}}},
		"too many digits":        {score, adapters.String("1.25"), expected{adapters.Invalid, "spec.score", adapters.InvalidValue, []string{"1 digits after"}}},
		"too large":              {score, adapters.String("1000"), expected{adapters.Invalid, "spec.score", adapters.OutOfRangeValue, nil}},
		"no number":              {score, adapters.String("much"), expected{adapters.Invalid, "spec.score", adapters.InvalidValue, nil}},
		"CHECK of a column":      {score, adapters.String("-1"), expected{adapters.Invalid, "spec.score", adapters.InvalidValue, []string{"CHECK"}}},
		"CHECK of the table":     {rating, adapters.Int(101), expected{adapters.Invalid, "", 0, []string{"sane_rating"}}},
		"no member of the ENUM":  {kind, adapters.String("Dormant"), expected{adapters.Invalid, "spec.kind", adapters.UnsupportedValue, []string{`"A", "I"`}}},
		"a position of the ENUM": {kind, adapters.String("1"), expected{adapters.Invalid, "spec.kind", adapters.UnsupportedValue, nil}},
		"character set":          {city, adapters.String("漢字"), expected{adapters.Invalid, "spec.city", adapters.InvalidValue, []string{"character set"}}},
		"foreign key":            {region, adapters.String("moon"), expected{adapters.Invalid, "spec.region", adapters.ReferenceValue, []string{"known_region"}}},
		"unique key":             {email, adapters.String("a@example.com"), expected{adapters.Conflict, "spec.email", adapters.DuplicateValue, []string{"email"}}},
		"an hour that comes twice": {since, adapters.String("2023-10-29T01:30:00Z"),
			expected{adapters.Invalid, "spec.since", adapters.InvalidValue, []string{"twice"}}},
		"beyond TIMESTAMP": {since, adapters.String("2100-01-01T00:00:00Z"), expected{adapters.Invalid, "spec.since", adapters.OutOfRangeValue, nil}},
		"no time":          {since, adapters.String("yesterday"), expected{adapters.Invalid, "spec.since", adapters.InvalidValue, nil}},
	} {
		t.Run(title, func(t *testing.T) {
			_, err := resource.Update(t.Context(), stored, with(stored, test.field, test.value))
			test.expected.check(t, err)
			_, err = resource.Create(t.Context(), with(customer("new"), test.field, test.value))
			test.expected.check(t, err)
		})
	}

	t.Run("generated column", func(t *testing.T) {
		_, err := resource.Update(t.Context(), stored, with(stored, total, adapters.Int(7)))
		expected{adapters.Invalid, "spec.total", adapters.ImmutableValue, []string{"readOnly"}}.check(t, err)
	})
	t.Run("key taken", func(t *testing.T) {
		_, err := resource.Create(t.Context(), customer("taken"))
		expected{code: adapters.Exists, words: []string{"taken"}}.check(t, err)
	})
	t.Run("key hidden by where", func(t *testing.T) {
		_, err := resource.Create(t.Context(), customer("hidden"))
		expected{code: adapters.Conflict, words: []string{"is_deleted"}}.check(t, err)
	})
	t.Run("key equal to the table", func(t *testing.T) {
		_, err := resource.Create(t.Context(), customer("TAKEN"))
		expected{code: adapters.Conflict, words: []string{"same key"}}.check(t, err)
		_, err = resource.Get(t.Context(), key("TAKEN"))
		expected{code: adapters.NotFound}.check(t, err)
	})
	t.Run("hidden row", func(t *testing.T) {
		_, err := resource.Get(t.Context(), key("hidden"))
		expected{code: adapters.NotFound}.check(t, err)
		_, err = resource.Delete(t.Context(), customer("hidden"))
		expected{code: adapters.NotFound}.check(t, err)
	})
	if after := database.Query(t, "SELECT * FROM CUST_MASTER ORDER BY cust_no"); !equalLines(before, after) {
		t.Errorf("refused writes changed the table from\n%q\nto\n%q", before, after)
	}
}

func equalLines(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestReferencedRow deletes a row that others refer to.
func TestReferencedRow(t *testing.T) {
	database, resource := legacyTable(t, nil)
	stored := create(t, resource, customer("c1"))
	database.Exec(t, "INSERT INTO invoice VALUES (1, 'c1')")
	_, err := resource.Delete(t.Context(), stored)
	expected{code: adapters.Conflict, words: []string{"invoiced"}}.check(t, err)
}

// TestCascades shows that writes which the database would carry on to other tables
// need the mapping's permission.
func TestCascades(t *testing.T) {
	const children = `CREATE TABLE note (id INT PRIMARY KEY, cust_no VARCHAR(20), email VARCHAR(50),
		CONSTRAINT noted FOREIGN KEY (cust_no) REFERENCES CUST_MASTER (cust_no) ON DELETE CASCADE,
		CONSTRAINT mailed FOREIGN KEY (email) REFERENCES CUST_MASTER (email) ON UPDATE CASCADE) CHARACTER SET utf8mb4`
	for _, allowed := range []bool{false, true} {
		database, resource := legacyTable(t, func(config *sql.ResourceConfig) { config.AllowCascade = allowed })
		database.Exec(t, children)
		stored := create(t, resource, with(customer("c1"), email, adapters.String("old@example.com")))
		database.Exec(t, "INSERT INTO note VALUES (1, 'c1', 'old@example.com')")

		receipt, err := resource.Update(t.Context(), stored, with(stored, email, adapters.String("new@example.com")))
		if !allowed {
			expected{code: adapters.Forbidden, words: []string{"mailed", "allowCascade", "note"}}.check(t, err)
			receipt, err = resource.Update(t.Context(), stored, with(stored, name, adapters.String("Other")))
		}
		if err != nil {
			t.Fatal(err)
		}
		database.Exec(t, "UPDATE note SET email = NULL")
		_, err = resource.Delete(t.Context(), receipt.Record)
		if !allowed {
			expected{code: adapters.Forbidden, words: []string{"noted", "allowCascade"}}.check(t, err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if left := database.Query(t, "SELECT * FROM note"); len(left) != 0 {
			t.Errorf("the cascade left %q", left)
		}
	}
}

// TestSignal shows a trigger's refusal with its words.
func TestSignal(t *testing.T) {
	database, resource := legacyTable(t, nil)
	database.Exec(t, `CREATE TRIGGER refuse BEFORE INSERT ON CUST_MASTER FOR EACH ROW
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no new customers on Sundays'`)
	_, err := resource.Create(t.Context(), customer("c1"))
	expected{code: adapters.Invalid, words: []string{"no new customers on Sundays"}}.check(t, err)
}
