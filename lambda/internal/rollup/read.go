package rollup

// SelectCount is how many transactions there are. Beside the totals it reads what is not counted yet: tickets of a
// minute, and, until a database from before is counted, the rest of its history. A database that no roller has seen is
// counted whole.
const SelectCount = `SELECT CASE WHEN h.id IS NULL THEN (SELECT count(*) FROM app.transaction)
	ELSE CASE WHEN h.counted_to < h.until THEN (SELECT count(*) FROM app.transaction
			WHERE created_at >= h.counted_to AND (created_at, id) > (h.counted_to, h.counted_to_id)
			AND created_at < h.until) ELSE 0 END
		+ h.transactions
		+ (SELECT coalesce(sum(transactions), 0)::bigint FROM app.transaction_total)
		+ (SELECT count(*) FROM app.outbox WHERE counted_at IS NULL AND created_at >= h.until)
	END
	FROM (SELECT 1) AS one LEFT JOIN app.transaction_history AS h ON h.id = 1`

// SelectTotals is the number and the sum of the events of each region: region, transactions, amount as text.
const SelectTotals = `SELECT region, sum(transactions)::bigint, sum(amount)::text FROM
	(SELECT region, transactions, amount FROM app.projection_total
	UNION ALL SELECT region, 1, amount FROM app.projection WHERE counted_at IS NULL) AS counted
	GROUP BY region ORDER BY region`
