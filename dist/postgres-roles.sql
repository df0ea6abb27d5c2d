-- Run once as PostgreSQL's superuser: sudo -u postgres psql -f postgres-roles.sql
-- Two roles: one owns the schema and is used to make and upgrade it, the other serves. Choose the passwords first.
CREATE ROLE talap_owner LOGIN PASSWORD 'choose-one';
CREATE ROLE talap LOGIN PASSWORD 'choose-another';
CREATE DATABASE talap OWNER talap_owner ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE talap FROM PUBLIC;
GRANT CONNECT ON DATABASE talap TO talap;
