-- Back to 003. The keys come again with the next enrolment; books and commands with the next hello.
DROP TABLE obeyed;
DROP TABLE command_key;
