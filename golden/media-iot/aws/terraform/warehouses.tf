# Rows that are kept for questions over all of them.

# Made here, so that Redshift does not make them without a key and without an end.
resource "aws_cloudwatch_log_group" "facts_warehouse_and_its_logs" {
  for_each          = toset(["connectionlog", "useractivitylog", "userlog"])
  name              = "/aws/redshift/mediaiot-facts/${each.key}"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_redshiftserverless_namespace" "facts" {
  namespace_name = "mediaiot-facts"
  db_name        = "facts"

  # Redshift makes the password, keeps it in Secrets Manager and changes it: nobody else sees it.
  manage_admin_password            = true
  admin_password_secret_kms_key_id = aws_kms_key.data.arn
  kms_key_id                       = aws_kms_key.data.arn
  iam_roles                        = [aws_iam_role.facts_warehouse_and_its_streams.arn]
  log_exports                      = ["connectionlog", "useractivitylog", "userlog"]

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [aws_cloudwatch_log_group.facts_warehouse_and_its_logs]
}

resource "aws_redshiftserverless_workgroup" "facts" {
  workgroup_name = "mediaiot-facts"
  namespace_name = aws_redshiftserverless_namespace.facts.namespace_name

  # Processing units of a question, and of all at once: paid for by the second while one runs.
  base_capacity       = 8
  max_capacity        = 32
  subnet_ids          = values(aws_subnet.data)[*].id
  security_group_ids  = [aws_security_group.facts.id]
  publicly_accessible = false

  # What it reads and writes goes through the network, past its rules and its flow log.
  enhanced_vpc_routing = true
}

resource "aws_redshiftdata_statement" "facts_warehouse_and_its_streams_of_kinesis" {
  workgroup_name = aws_redshiftserverless_workgroup.facts.workgroup_name
  database       = "facts"
  secret_arn     = aws_redshiftserverless_namespace.facts.admin_password_secret_arn
  sql            = "CREATE EXTERNAL SCHEMA IF NOT EXISTS streams_of_kinesis FROM KINESIS IAM_ROLE '${aws_iam_role.facts_warehouse_and_its_streams.arn}'"
}

locals {
  facts_procedures = {
    prepare          = <<-EOT
      CREATE OR REPLACE PROCEDURE public.prepare_warehouse()
      LANGUAGE plpgsql
      AS $$
      DECLARE
        upkeep_count INTEGER;
        upkeep_user RECORD;
        upkeep_view RECORD;
      BEGIN
        -- Nobody makes tables but this.
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        CREATE SCHEMA IF NOT EXISTS arriving;
        CREATE SCHEMA IF NOT EXISTS upkeep;
        -- Who may do what is said anew: links that are gone allow nothing.
        FOR upkeep_user IN SELECT usename FROM pg_user WHERE LOWER(usename) LIKE 'iamr:mediaiot-%' LOOP
          EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ' || QUOTE_IDENT(upkeep_user.usename);
          EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA arriving FROM ' || QUOTE_IDENT(upkeep_user.usename);
          EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA upkeep FROM ' || QUOTE_IDENT(upkeep_user.usename);
        END LOOP;
        SELECT COUNT(*) INTO upkeep_count FROM pg_user WHERE LOWER(usename) = LOWER('IAMR:mediaiot-rollup');
        IF upkeep_count = 0 THEN EXECUTE 'CREATE USER "IAMR:mediaiot-rollup" PASSWORD DISABLE'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM pg_user WHERE LOWER(usename) = LOWER('IAMR:mediaiot-facts-warehouse-upkeep');
        IF upkeep_count = 0 THEN EXECUTE 'CREATE USER "IAMR:mediaiot-facts-warehouse-upkeep" PASSWORD DISABLE'; END IF;
        GRANT EXECUTE ON PROCEDURE public.forget_rows() TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT USAGE ON SCHEMA arriving TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT USAGE ON SCHEMA upkeep TO "IAMR:mediaiot-facts-warehouse-upkeep";
        CALL public.prepare_table_days();
        CALL public.prepare_table_readings();
        -- The views of streams that fill nothing any more go. What nobody has taken yet stays.
        FOR upkeep_view IN SELECT TRIM(name) AS name, SPLIT_PART(SPLIT_PART(TRIM(name), '__kinesis_', 1), '__kafka_', 1) AS filled FROM svv_mv_info WHERE TRIM(database_name) = 'facts' AND TRIM(schema_name) = 'arriving' AND TRIM(name) NOT IN ('readings__kinesis_readings') LOOP
          EXECUTE 'CREATE TABLE IF NOT EXISTS arriving."' || upkeep_view.filled || '_left" (LIKE arriving."' || upkeep_view.filled || '_refused")';
          EXECUTE 'INSERT INTO arriving."' || upkeep_view.filled || '_left" SELECT arrived_at, record FROM arriving."' || upkeep_view.name || '"';
          EXECUTE 'DROP MATERIALIZED VIEW arriving."' || upkeep_view.name || '"';
        END LOOP;
      END;
      $$
    EOT
    forget           = <<-EOT
      CREATE OR REPLACE PROCEDURE public.forget_rows()
      LANGUAGE plpgsql
      AS $$
      BEGIN
        DELETE FROM public."readings" WHERE "at" < DATEADD(day, -730, SYSDATE);
        DELETE FROM arriving."readings_refused" WHERE arrived_at < DATEADD(day, -30, SYSDATE);
      END;
      $$
    EOT
    prepare-days     = <<-EOT
      CREATE OR REPLACE PROCEDURE public.prepare_table_days()
      LANGUAGE plpgsql
      AS $$
      DECLARE
        upkeep_count INTEGER;
      BEGIN
        CREATE TABLE IF NOT EXISTS public."days" (
          "day" TIMESTAMPTZ,
          "device" VARCHAR(65535),
          "mean" DOUBLE PRECISION,
          "readings" BIGINT
        ) SORTKEY ("day");
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'days' AND column_name = 'day';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."days" ADD COLUMN "day" TIMESTAMPTZ'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'days' AND column_name = 'device';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."days" ADD COLUMN "device" VARCHAR(65535)'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'days' AND column_name = 'mean';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."days" ADD COLUMN "mean" DOUBLE PRECISION'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'days' AND column_name = 'readings';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."days" ADD COLUMN "readings" BIGINT'; END IF;
        GRANT SELECT, INSERT ON TABLE public."days" TO "IAMR:mediaiot-rollup";
      END;
      $$
    EOT
    prepare-readings = <<-EOT
      CREATE OR REPLACE PROCEDURE public.prepare_table_readings()
      LANGUAGE plpgsql
      AS $$
      DECLARE
        upkeep_count INTEGER;
      BEGIN
        CREATE TABLE IF NOT EXISTS public."readings" (
          "at" TIMESTAMPTZ NOT NULL,
          "celsius" DOUBLE PRECISION,
          "device" VARCHAR(65535),
          "tags" SUPER
        ) SORTKEY ("at");
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'readings' AND column_name = 'at';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."readings" ADD COLUMN "at" TIMESTAMPTZ'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'readings' AND column_name = 'celsius';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."readings" ADD COLUMN "celsius" DOUBLE PRECISION'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'readings' AND column_name = 'device';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."readings" ADD COLUMN "device" VARCHAR(65535)'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'readings' AND column_name = 'tags';
        IF upkeep_count = 0 THEN EXECUTE 'ALTER TABLE public."readings" ADD COLUMN "tags" SUPER'; END IF;
        SELECT COUNT(*) INTO upkeep_count FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_namespace.nspname = 'arriving' AND pg_class.relname = 'readings__kinesis_readings';
        IF upkeep_count = 0 THEN
          EXECUTE 'CREATE MATERIALIZED VIEW arriving."readings__kinesis_readings" AUTO REFRESH YES AS SELECT refresh_time, approximate_arrival_timestamp AS arrived_at, kinesis_data AS record FROM streams_of_kinesis."mediaiot-readings"';
        END IF;
        SELECT COUNT(*) INTO upkeep_count FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace WHERE pg_namespace.nspname = 'arriving' AND pg_class.relname = 'readings_refused';
        IF upkeep_count = 0 THEN
          EXECUTE 'CREATE TABLE arriving."readings_refused" AS SELECT arrived_at, record FROM arriving."readings__kinesis_readings" WHERE 1 = 0';
        END IF;
        CREATE TABLE IF NOT EXISTS arriving."readings_left" (LIKE arriving."readings_refused");
        CREATE TABLE IF NOT EXISTS upkeep."readings" (taken_at TIMESTAMP);
        GRANT SELECT, INSERT ON TABLE public."readings" TO "IAMR:mediaiot-rollup";
        GRANT SELECT, DELETE ON TABLE public."readings" TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT INSERT ON TABLE public."readings" TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT SELECT, DELETE ON TABLE arriving."readings__kinesis_readings", arriving."readings_left" TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT SELECT, INSERT, DELETE ON TABLE arriving."readings_refused", upkeep."readings" TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT EXECUTE ON PROCEDURE public.take_records_of_readings() TO "IAMR:mediaiot-facts-warehouse-upkeep";
        GRANT EXECUTE ON PROCEDURE public.watch_records_of_readings() TO "IAMR:mediaiot-facts-warehouse-upkeep";
      END;
      $$
    EOT
    take-readings    = <<-EOT
      CREATE OR REPLACE PROCEDURE public.take_records_of_readings()
      LANGUAGE plpgsql
      AS $$
      DECLARE
        upkeep_until TIMESTAMP;
        upkeep_left BIGINT;
        upkeep_refused BIGINT;
      BEGIN
        SELECT MAX(refresh_time) INTO upkeep_until FROM arriving."readings__kinesis_readings";
        SELECT COUNT(*) INTO upkeep_left FROM arriving."readings_left";
        IF upkeep_until IS NULL AND upkeep_left = 0 THEN RETURN; END IF;
        CREATE TEMP TABLE upkeep_records AS
        SELECT arrived_at, record, CASE WHEN CAN_JSON_PARSE(record) THEN JSON_PARSE(record) END AS fields FROM (
          SELECT arrived_at, record FROM arriving."readings__kinesis_readings" WHERE refresh_time <= upkeep_until
          UNION ALL SELECT arrived_at, record FROM arriving."readings_left"
        );
        CREATE TEMP TABLE upkeep_judged AS
        SELECT arrived_at, record, fields, NVL(JSON_TYPEOF(fields), 'none') = 'object'
          AND fields."at"::TIMESTAMPTZ IS NOT NULL AND (NVL(JSON_TYPEOF(fields."at"), 'null') = 'null' OR (NVL(JSON_TYPEOF(fields."at"), 'null') = 'string' AND fields."at"::TIMESTAMPTZ IS NOT NULL))
          AND (NVL(JSON_TYPEOF(fields."celsius"), 'null') = 'null' OR (NVL(JSON_TYPEOF(fields."celsius"), 'null') = 'number' AND fields."celsius"::DOUBLE PRECISION IS NOT NULL))
          AND (NVL(JSON_TYPEOF(fields."device"), 'null') = 'null' OR (NVL(JSON_TYPEOF(fields."device"), 'null') = 'string' AND fields."device"::VARCHAR(65535) IS NOT NULL))
          AND TRUE AS fits
        FROM upkeep_records;
        INSERT INTO public."readings" ("at", "celsius", "device", "tags") SELECT fields."at"::TIMESTAMPTZ, fields."celsius"::DOUBLE PRECISION, fields."device"::VARCHAR(65535), fields."tags" FROM upkeep_judged WHERE fits;
        INSERT INTO arriving."readings_refused" SELECT arrived_at, record FROM upkeep_judged WHERE NOT fits;
        GET DIAGNOSTICS upkeep_refused := ROW_COUNT;
        DELETE FROM arriving."readings__kinesis_readings" WHERE refresh_time <= upkeep_until;
        DELETE FROM arriving."readings_left";
        DELETE FROM upkeep."readings";
        INSERT INTO upkeep."readings" VALUES (SYSDATE);
        DROP TABLE upkeep_records;
        DROP TABLE upkeep_judged;
        COMMIT;
        IF upkeep_refused > 0 THEN
          RAISE EXCEPTION '% records are refused, see arriving.readings_refused', upkeep_refused;
        END IF;
      END;
      $$
    EOT
    watch-readings   = <<-EOT
      CREATE OR REPLACE PROCEDURE public.watch_records_of_readings()
      LANGUAGE plpgsql
      AS $$
      DECLARE
        upkeep_count BIGINT;
      BEGIN
        SELECT COUNT(*) INTO upkeep_count FROM upkeep."readings" WHERE taken_at > DATEADD(minute, -60, SYSDATE);
        IF upkeep_count = 0 THEN
          RAISE EXCEPTION 'no records were taken for readings in the last 60 minutes';
        END IF;
      END;
      $$
    EOT
  }
}

# What is done in the warehouse again and again. All of it may be done twice.
resource "aws_redshiftdata_statement" "facts_warehouse_and_its_procedures" {
  for_each       = local.facts_procedures
  workgroup_name = aws_redshiftserverless_workgroup.facts.workgroup_name
  database       = "facts"
  secret_arn     = aws_redshiftserverless_namespace.facts.admin_password_secret_arn
  sql            = each.value
}

# Makes the tables, adds columns that they do not have yet, and says who may use them.
resource "aws_redshiftdata_statement" "facts" {
  workgroup_name = aws_redshiftserverless_workgroup.facts.workgroup_name
  database       = "facts"
  secret_arn     = aws_redshiftserverless_namespace.facts.admin_password_secret_arn
  sql            = "CALL public.prepare_warehouse()"

  lifecycle {
    replace_triggered_by = [aws_redshiftdata_statement.facts_warehouse_and_its_procedures]
  }

  depends_on = [
    aws_redshiftdata_statement.facts_warehouse_and_its_streams_of_kinesis,
    aws_redshiftdata_statement.facts_warehouse_and_its_procedures,
    aws_vpc_security_group_egress_rule.facts_to_private_service_endpoints_443,
    aws_vpc_security_group_ingress_rule.facts_to_private_service_endpoints_443,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.interface,
    aws_iam_role_policy.facts_warehouse_and_its_streams,
    aws_kinesis_stream.readings,
  ]
}

resource "aws_redshiftdata_statement" "facts_warehouse_and_its_use_of_streams_of_kinesis" {
  workgroup_name = aws_redshiftserverless_workgroup.facts.workgroup_name
  database       = "facts"
  secret_arn     = aws_redshiftserverless_namespace.facts.admin_password_secret_arn
  sql            = "GRANT USAGE ON SCHEMA streams_of_kinesis TO \"IAMR:mediaiot-facts-warehouse-upkeep\""

  # The user is there.
  depends_on = [aws_redshiftdata_statement.facts]
}

# A group of its own: Scheduler counts by group what it could not start.
resource "aws_scheduler_schedule_group" "facts_warehouse_and_its_upkeep" {
  name = "mediaiot-facts-warehouse-upkeep"
}

resource "aws_cloudwatch_log_group" "facts_warehouse_and_its_upkeep" {
  name              = "/aws/events/mediaiot-facts-warehouse-upkeep"
  kms_key_id        = aws_kms_key.logs.arn
  retention_in_days = 365
}

resource "aws_scheduler_schedule" "facts_warehouse_forget" {
  name                = "mediaiot-facts-forget"
  group_name          = aws_scheduler_schedule_group.facts_warehouse_and_its_upkeep.name
  schedule_expression = "cron(0 3 * * ? *)"
  kms_key_arn         = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:redshiftdata:executeStatement"
    role_arn = aws_iam_role.facts_warehouse_and_its_upkeep.arn

    input = jsonencode({
      WorkgroupName = aws_redshiftserverless_workgroup.facts.workgroup_name
      Database      = "facts"
      Sql           = "CALL public.forget_rows()"
      StatementName = "mediaiot-facts-forget"
      WithEvent     = true
    })

    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 3
    }
  }

  # What is called, and who may call it, is there first.
  depends_on = [
    aws_iam_role_policy.facts_warehouse_and_its_upkeep,
    aws_redshiftdata_statement.facts_warehouse_and_its_use_of_streams_of_kinesis,
  ]
}

resource "aws_scheduler_schedule" "facts_warehouse_take_readings" {
  name                = "mediaiot-facts-take-readings"
  group_name          = aws_scheduler_schedule_group.facts_warehouse_and_its_upkeep.name
  schedule_expression = "rate(15 minutes)"
  kms_key_arn         = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:redshiftdata:executeStatement"
    role_arn = aws_iam_role.facts_warehouse_and_its_upkeep.arn

    input = jsonencode({
      WorkgroupName = aws_redshiftserverless_workgroup.facts.workgroup_name
      Database      = "facts"
      Sql           = "CALL public.take_records_of_readings()"
      StatementName = "mediaiot-facts-take-readings"
      WithEvent     = true
    })

    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 3
    }
  }

  # What is called, and who may call it, is there first.
  depends_on = [
    aws_iam_role_policy.facts_warehouse_and_its_upkeep,
    aws_redshiftdata_statement.facts_warehouse_and_its_use_of_streams_of_kinesis,
  ]
}

resource "aws_scheduler_schedule" "facts_warehouse_watch_readings" {
  name                = "mediaiot-facts-watch-readings"
  group_name          = aws_scheduler_schedule_group.facts_warehouse_and_its_upkeep.name
  schedule_expression = "rate(15 minutes)"
  kms_key_arn         = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:redshiftdata:executeStatement"
    role_arn = aws_iam_role.facts_warehouse_and_its_upkeep.arn

    input = jsonencode({
      WorkgroupName = aws_redshiftserverless_workgroup.facts.workgroup_name
      Database      = "facts"
      Sql           = "CALL public.watch_records_of_readings()"
      StatementName = "mediaiot-facts-watch-readings"
      WithEvent     = true
    })

    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 3
    }
  }

  # What is called, and who may call it, is there first.
  depends_on = [
    aws_iam_role_policy.facts_warehouse_and_its_upkeep,
    aws_redshiftdata_statement.facts_warehouse_and_its_use_of_streams_of_kinesis,
  ]
}
