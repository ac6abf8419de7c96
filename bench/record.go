package main

import (
	"fmt"
	"strconv"
)

// fieldNames are the twelve fields of every object, in the order of the table's columns.
var fieldNames = []string{
	"companyName", "street", "city", "country", "email", "phone",
	"tier", "status", "creditLimit", "balance", "orderCount", "updatedAt",
}

// record is one object's content, the same for every subject.
func record(number int) []string {
	cities := []string{"Aarhus", "Bilbao", "Cork", "Dresden", "Espoo", "Faro"}
	return []string{
		fmt.Sprintf("Company number %d Ltd.", number),
		fmt.Sprintf("%d Harbour Street", number%997),
		cities[number%len(cities)],
		[]string{"DK", "ES", "IE", "DE", "FI", "PT"}[number%len(cities)],
		fmt.Sprintf("office-%d@example.com", number),
		fmt.Sprintf("+00 %09d", number*7919%1_000_000_000),
		[]string{"gold", "silver", "bronze"}[number%3],
		[]string{"Active", "Inactive"}[number%2],
		fmt.Sprintf("%d.00", number%100_000),
		fmt.Sprintf("%d.%02d", number%10_000, number%100),
		strconv.Itoa(number % 500),
		fmt.Sprintf("2024-%02d-%02dT%02d:00:00Z", number%12+1, number%28+1, number%24),
	}
}

// objectName is a number of fixed length, so that names sort as numbers do.
func objectName(number int) string { return strconv.Itoa(1_000_000 + number) }
