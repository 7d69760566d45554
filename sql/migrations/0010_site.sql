-- With few authors in the statistics the planner assumes that each has many messages,
-- and walks the primary key.  Told that there are many authors, it takes the author's
-- index, which is always right.
ALTER TABLE messages ALTER COLUMN author_id SET (n_distinct = -0.05);
